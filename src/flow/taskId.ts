import { Fault } from '../fault.ts';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The task that a request names. @throws Fault ERROR_TASKID_INVALID for what cannot be one of ours */
export function taskIdOf(body: Record<string, unknown>): string {
  const { taskId } = body;
  if (typeof taskId !== 'string' || !form.test(taskId)) throw unknownTask();
  return taskId.toLowerCase();
}

/** Unknown, foreign, forgotten and polled too often all look alike, so that nobody learns of others' tasks. */
export function unknownTask(): Fault {
  return new Fault('ERROR_TASKID_INVALID');
}

/**
 * A UUID whose first 48 bits are the time (version 7). Tasks that follow one another then share the pages of an
 * index; with random ids each of them writes pages of its own into the journal.
 */
export function timeOrdered(uuid: string, now: number): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${uuid.slice(15)}`;
}
