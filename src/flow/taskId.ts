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
