import { Fault } from '../fault.ts';
import type { Steps } from './flow.ts';
import { nobodyWaits } from './solve.ts';
import type { Answer, Caller, Created, Held } from './stages.ts';

/** pace → validate → reserve → solve → settle; the answer at once, or `null` for a task that takes longer. */
export async function createTask(steps: Steps, caller: Caller): Promise<Created> {
  if (steps.underway.isDraining) {
    steps.metrics.countRefusal('draining');
    throw new Fault('ERROR_SERVICE_UNAVALIABLE');
  }
  steps.pace.enter(caller);
  const leave = steps.underway.enter(() => steps.pace.leave(caller));
  let held: Held;
  try {
    const job = steps.validate(caller);
    if (caller.arrived.signal.aborted) throw nobodyWaits();
    held = await steps.reserve(job);
  } catch (error) {
    leave();
    throw error;
  }
  if (held.job.type.timing === 'later') {
    solveLater(steps, held).finally(leave);
    return { taskId: held.taskId, solution: null };
  }
  try {
    const { solution } = await answer(steps, held, caller.arrived.signal);
    return { taskId: held.taskId, solution };
  } finally {
    leave();
  }
}

/**
 * Solves and settles. The one place where an error between reserve and settle gives the money back: whatever
 * is thrown in here costs the client nothing.
 */
async function answer(steps: Steps, held: Held, gone: AbortSignal | null): Promise<Answer> {
  const { type } = held.job.type;
  try {
    const answered = await steps.solver.solve(held, gone);
    await steps.settle(answered);
    steps.metrics.observeTask({ type, outcome: 'solved', seconds: steps.secondsSince(held.startedAt) });
    return answered;
  } catch (error) {
    await steps.release(held, error);
    const outcome = error instanceof Fault ? error.code : 'ERROR_SERVICE_UNAVALIABLE';
    steps.metrics.observeTask({ type, outcome, seconds: steps.secondsSince(held.startedAt) });
    throw error;
  }
}

/** The client asks for it by getTaskResult, so nobody's leaving stops it, and its failure is its result. */
async function solveLater(steps: Steps, held: Held): Promise<void> {
  try {
    await answer(steps, held, null);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'ERROR_SETTLEMENT_FAILED') return;
    const { requestId } = held.job.caller.arrived;
    steps.log.error({ err: error, taskId: held.taskId, requestId }, 'a task failed by our own fault');
  }
}
