import { type ErrorCode, errorTable } from '../errors.ts';
import { Fault } from '../fault.ts';
import type { TaskRecord } from '../store/store.ts';
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

type Ended = Pick<TaskRecord, 'state' | 'solution' | 'errorCode' | 'errorDetail'>;

/** What a record says about its task. */
export function resultOf(record: Ended & { taskId: string }): TaskResult {
  const { taskId, state, solution } = record;
  if (state === 'ready' && solution !== null) return { taskId, state, solution };
  if (state === 'failed') return { taskId, state, fault: faultOf(record) };
  return { taskId, state: 'processing' };
}

function faultOf({ errorCode, errorDetail }: Ended): Fault {
  const code =
    errorCode !== null && Object.hasOwn(errorTable, errorCode) ? (errorCode as ErrorCode) : undefined;
  return new Fault(code ?? 'ERROR_SERVICE_UNAVALIABLE', errorDetail === null ? {} : { detail: errorDetail });
}
