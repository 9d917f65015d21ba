import type { TaskRecord } from '../store/records.ts';
import { resultOf } from './result.ts';
import type { Caller, TaskResult } from './stages.ts';
import type { Steps } from './steps.ts';
import { namedTask, unknownTask } from './taskId.ts';

/** Where a task stands, at once or when it ends, as the client asks. @throws Fault ERROR_TASKID_INVALID, also after too many polls and after retention */
export async function getTaskResult(steps: Steps, caller: Caller): Promise<TaskResult> {
  const taskId = await namedTask(steps, caller);
  const record = await recordOf(steps, caller, taskId);
  if (record === undefined) throw unknownTask();
  if (record.state === 'ready') caller.arrived.aside.cost = record.price;
  if (record.state === 'failed') caller.arrived.aside.cost = 0;
  return resultOf({ ...record, taskId });
}

async function recordOf(steps: Steps, caller: Caller, taskId: string): Promise<TaskRecord | undefined> {
  const { store, clock, config, waiters, pace } = steps;
  const { asks, aside } = caller.arrived;
  const accountId = caller.principal.key.accountId;
  const poll = (maxPolls: number | null) => store.poll({ taskId, accountId, now: clock.now(), maxPolls });
  if (asks.waitMs === 0 || !pace.enterWait(caller)) return poll(config.maxPolls);

  caller.arrived.forgetBody();
  aside.waitSeconds = asks.waitMs / 1000;
  const found = new AbortController();
  // Before the first look: the task may end while that is on its way.
  const end = waiters.wait(
    taskId,
    asks.waitMs,
    AbortSignal.any([caller.arrived.controller.signal, found.signal]),
  );
  try {
    const first = await poll(config.maxPolls);
    if (first === undefined || first.state === 'ready' || first.state === 'failed') return first;
    const began = performance.now();
    await end;
    aside.took('wait', began);
    return await poll(null);
  } finally {
    found.abort();
    pace.leaveWait(caller);
  }
}
