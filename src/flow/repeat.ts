import { Fault } from '../fault.ts';
import type { Repeat } from '../store/records.ts';
import { otherBody, requestName } from './idempotency.ts';
import type { Caller } from './stages.ts';
import type { Steps } from './steps.ts';

/** How long a request that is sent again waits for the task of the first; after that its client is told to come back. */
const longestWaitMs = 30_000;

/** Waits for the end of a task that another request has asked for. */
export async function endOf(steps: Steps, taskId: string, signal: AbortSignal): Promise<void> {
  const end = steps.waiters.wait(taskId, longestWaitMs, signal);
  // It may have ended on the way here, and then wakes nobody any more.
  void steps.waiters.look(taskId);
  await end;
}

/** The task of a request that was sent before; undefined for a new one, and for one without a name. @throws Fault */
export async function recall({ store, clock }: Steps, { arrived, principal }: Caller) {
  const idempotency = await requestName(arrived, clock.now());
  if (idempotency === null) return undefined;
  const found = await store.recall({ keyId: principal.key.id, idempotency, now: clock.now() });
  if (found === 'otherBody') throw otherBody();
  return found;
}

/** For a request that waited in vain, and has let go of its images: it tries again when it is sent once more. */
export function firstHasFailed(): Fault {
  const detail = 'Idempotency-Key: the request that was sent before has failed';
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail });
}

/**
 * Like `recall`, but waits for the end of a task that is answered at once, where the key has a place left for waiting.
 * @throws Fault ERROR_BAD_REQUEST
 */
export async function recallEnded(steps: Steps, caller: Caller): Promise<Repeat | undefined> {
  const { pace, typeNamed } = steps;
  const { arrived } = caller;
  const found = await recall(steps, caller);
  if (found === undefined || found.solution !== null) return found;
  const { type } = arrived.body.task as { type: string };
  arrived.forgetBody();
  if (typeNamed(type)?.timing === 'later' || !pace.enterWait(caller)) return found;
  try {
    await endOf(steps, found.taskId, arrived.controller.signal);
  } finally {
    pace.leaveWait(caller);
  }
  return recall(steps, caller);
}
