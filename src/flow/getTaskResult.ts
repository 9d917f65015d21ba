import { resultOf } from './result.ts';
import type { Caller, TaskResult } from './stages.ts';
import type { Steps } from './steps.ts';
import { namedTask, unknownTask } from './taskId.ts';

/** Where a task stands. @throws Fault ERROR_TASKID_INVALID, also after too many polls and after retention */
export async function getTaskResult(steps: Steps, caller: Caller): Promise<TaskResult> {
  const taskId = await namedTask(steps, caller);
  const record = await steps.store.poll({
    taskId,
    accountId: caller.principal.account.id,
    now: steps.clock.now(),
    maxPolls: steps.config.maxPolls,
  });
  if (record === undefined) throw unknownTask();
  return resultOf({ ...record, taskId });
}
