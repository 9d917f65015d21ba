import type { Repeat } from '../store/store.ts';
import { otherBody, requestName } from './idempotency.ts';
import type { Caller } from './stages.ts';
import type { Steps } from './steps.ts';

/** Longer, and the client is told to come back. */
const longestWaitMs = 30_000;

/** Waits for the end of a task that another request has asked for. */
export async function endOf(steps: Steps, taskId: string, signal: AbortSignal): Promise<void> {
  const end = steps.waiters.wait(taskId, longestWaitMs, signal);
  // It may have ended on the way here, and then calls nobody any more.
  void steps.waiters.look([taskId]);
  await end;
}

/**
 * The task of a request that was sent before, once that has ended if it is answered at once; undefined for a new
 * request, and for one without a name. @throws Fault ERROR_BAD_REQUEST
 */
export async function recalled(steps: Steps, caller: Caller): Promise<Repeat | undefined> {
  const { store, clock, pace, typeNamed } = steps;
  const { arrived, principal } = caller;
  const idempotency = await requestName(arrived, clock.now());
  if (idempotency === null) return undefined;

  async function recall(named: NonNullable<typeof idempotency>): Promise<Repeat | undefined> {
    const found = await store.recall({ keyId: principal.key.id, idempotency: named, now: clock.now() });
    if (found === 'otherBody') throw otherBody();
    return found;
  }
  const found = await recall(idempotency);
  if (found === undefined || found.solution !== null) return found;
  const { type } = arrived.body.task as { type: string };
  arrived.forgetBody();
  if (typeNamed(type)?.timing === 'later' || !pace.enterWait(caller)) return found;
  try {
    await endOf(steps, found.taskId, arrived.work.signal);
  } finally {
    pace.leaveWait(caller);
  }
  return recall(idempotency);
}
