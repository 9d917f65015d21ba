import { Fault } from '../fault.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './stages.ts';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** At most 15 digits: numbers beyond are not exact. */
const numberForm = /^[1-9]\d{0,14}$/;

/** The task that a request names, in its client's form. @throws Fault ERROR_TASKID_INVALID for what is none of ours */
export async function namedTask(
  { store }: { store: Pick<Store, 'taskOfNumber'> },
  { arrived, principal }: Caller,
): Promise<string> {
  const { taskId } = arrived.body;
  if (taskId === undefined || taskId === null) throw unknownTask('taskId: is missing');
  // In a dialect of numbers too: createTasks answers in this contract's form whatever the key's dialect is.
  if (typeof taskId === 'string' && form.test(taskId)) return taskId.toLowerCase();
  if (!arrived.numbered)
    throw unknownTask(typeof taskId === 'string' ? undefined : 'taskId: is not a string');
  const number = numberOf(taskId);
  if (number === undefined) throw unknownTask();
  const found = await store.taskOfNumber({ number, accountId: principal.key.accountId });
  if (found === undefined) throw unknownTask();
  return found;
}

/** Clients send back what they got as a number or as text; undefined for what is no whole number above 0. */
function numberOf(taskId: unknown): number | undefined {
  const digits = typeof taskId === 'number' ? String(taskId) : taskId;
  return typeof digits === 'string' && numberForm.test(digits) ? Number(digits) : undefined;
}

/** Unknown, foreign, forgotten and polled too often all look alike, so that nobody learns of others' tasks. */
export function unknownTask(detail?: string): Fault {
  return new Fault('ERROR_TASKID_INVALID', { detail });
}

/**
 * A UUID whose first 48 bits are the time (version 7). Tasks that follow one another then share the pages of an
 * index; with random ids each of them writes pages of its own into the journal.
 */
export function timeOrdered(uuid: string, now: number): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}
