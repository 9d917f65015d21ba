import { Fault } from '../fault.ts';
import type { TaskOutcome } from '../metrics.ts';
import type { Aside } from './aside.ts';
import type { Answer, Held } from './stages.ts';
import type { Steps } from './steps.ts';
import { isAbandoned, isClientGone } from './unavailable.ts';

/**
 * solve → settle. The one place where an error between reserve and settle gives the money back: whatever is
 * thrown in here costs the client nothing.
 */
export async function solveAndSettle(
  steps: Steps,
  held: Held,
  controller: AbortController,
  aside?: Aside,
): Promise<Answer> {
  const { type } = held.type;
  let answered: Answer | undefined;
  const began = performance.now();
  const observe = (outcome: TaskOutcome) =>
    steps.metrics.observeTask({ type, outcome, seconds: steps.secondsSince(held.startedAt) });
  try {
    answered = await steps.solver.solve(held, controller);
    const solved = aside?.took('solve', began) ?? 0;
    await steps.settle(answered);
    aside?.took('settle', solved);
    observe('solved');
    return answered;
  } catch (error) {
    if (answered === undefined) aside?.took('solve', began);
    if (held.isQueued && isAbandoned(error)) {
      await steps.handBack(held);
      throw error;
    }
    const released = await steps.release(held, error);
    if (released !== true && answered !== undefined && (await wasCharged(steps, held))) {
      observe('solved');
      return answered;
    }
    if (isOverload(error)) steps.metrics.countRefusal('queue_full');
    observe(outcomeOf(error));
    throw error;
  } finally {
    steps.waiters.wake(held.taskId);
    if (held.callbackUrl !== null) steps.callbacks.lookFor(held.keyId);
  }
}

function outcomeOf(error: unknown): TaskOutcome {
  if (isClientGone(error)) return 'client_gone';
  return error instanceof Fault ? error.code : 'ERROR_SERVICE_UNAVALIABLE';
}

/** Whether a settlement was written although every reply of the store was lost: then the answer is paid for. */
async function wasCharged({ isReady, log }: Steps, held: Held): Promise<boolean> {
  try {
    return await isReady(held);
  } catch (error) {
    log.error({ err: error, taskId: held.taskId, requestId: held.requestId }, 'a settlement stays in doubt');
    return false;
  }
}

/** An engine that is full says when to come again; other faults do not. */
function isOverload(error: unknown): boolean {
  return (
    error instanceof Fault && error.code === 'ERROR_SERVICE_UNAVALIABLE' && error.retryAfterMs !== undefined
  );
}
