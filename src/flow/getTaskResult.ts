import { resultOf } from './result.ts';
import type { Caller, TaskResult } from './stages.ts';
import type { Steps } from './steps.ts';
import { taskIdOf, unknownTask } from './taskId.ts';

/** Where a task stands. @throws Fault ERROR_TASKID_INVALID, also after too many polls and after retention */
export async function getTaskResult(steps: Steps, { arrived, principal }: Caller): Promise<TaskResult> {
  const taskId = taskIdOf(arrived.body);
  const record = await steps.store.poll({
    taskId,
    accountId: principal.account.id,
    now: steps.clock.now(),
    maxPolls: steps.config.maxPolls,
  });
  if (record === undefined) throw unknownTask();
  return resultOf({ ...record, taskId });
}
