import { Fault } from '../fault.ts';
import { isAbandoned } from './solve.ts';
import type { Answer, Held } from './stages.ts';
import type { Steps } from './steps.ts';

/**
 * solve → settle. The one place where an error between reserve and settle gives the money back: whatever is
 * thrown in here costs the client nothing.
 */
export async function answer(steps: Steps, held: Held, gone: AbortSignal | null): Promise<Answer> {
  const { type } = held.type;
  try {
    const answered = await steps.solver.solve(held, gone);
    await steps.settle(answered);
    steps.metrics.observeTask({ type, outcome: 'solved', seconds: steps.secondsSince(held.startedAt) });
    return answered;
  } catch (error) {
    if (held.isQueued && isAbandoned(error)) {
      await steps.handBack(held);
      throw error;
    }
    await steps.release(held, error);
    if (isOverload(error)) steps.metrics.countRefusal('queue_full');
    const outcome = error instanceof Fault ? error.code : 'ERROR_SERVICE_UNAVALIABLE';
    steps.metrics.observeTask({ type, outcome, seconds: steps.secondsSince(held.startedAt) });
    throw error;
  } finally {
    if (held.callbackUrl !== null) steps.callbacks.look();
  }
}

/** An engine that is full says when to come again; other faults do not. */
function isOverload(error: unknown): boolean {
  return (
    error instanceof Fault && error.code === 'ERROR_SERVICE_UNAVALIABLE' && error.retryAfterMs !== undefined
  );
}
