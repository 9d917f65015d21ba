import type { Repeat } from '../store/records.ts';
import { endOf, firstHasFailed, recall, recallEnded } from './repeat.ts';
import { solveAndSettle } from './solveAndSettle.ts';
import type { Caller, Created, Held, Job } from './stages.ts';
import type { Steps } from './steps.ts';
import { clientHasGone, serverIsStopping } from './unavailable.ts';
import type { Worker } from './worker.ts';

/** pace → validate → reserve → solve → settle; the answer at once, or `null` for a task that takes longer. */
export async function createTask(steps: Steps & { worker: Worker }, caller: Caller): Promise<Created> {
  if (steps.underway.isDraining) {
    steps.metrics.countRefusal('draining');
    throw serverIsStopping();
  }
  // Before the first await: a drain that begins while this one reserves must wait for it.
  const leave = steps.underway.enter();
  try {
    return await runSteps(steps, caller);
  } finally {
    leave();
  }
}

async function runSteps(steps: Steps & { worker: Worker }, caller: Caller): Promise<Created> {
  const { controller, aside } = caller.arrived;
  const began = performance.now();
  const job = await paceAndValidate(steps, caller);
  const validated = aside.took('validate', began);
  if (!isJob(job)) return again(caller, job);
  let isQueued = false;
  try {
    if (controller.signal.aborted) throw clientHasGone();
    const held = await reserveOrAwait(steps, job, controller.signal);
    aside.took('reserve', validated);
    if (!isHeld(held)) return again(caller, held);
    if (job.type.timing === 'later') {
      isQueued = true;
      const { principal } = caller;
      // Nothing else of the caller: its request would stay in memory until the task has ended.
      steps.worker.expect(held, () => steps.pace.leave({ principal }));
      return { taskId: held.taskId, number: held.number, solution: null };
    }
    return await answerNow(steps, job, held);
  } finally {
    if (!isQueued) steps.pace.leave(caller);
  }
}

/**
 * pace → validate. Where either refuses a request that is sent again, its task: it passed both when it came first, and that
 * the task still takes a place, or that a setting has changed since, is no reason to keep the answer back.
 */
async function paceAndValidate(steps: Steps, caller: Caller): Promise<Job | Repeat> {
  let hasPlace = false;
  try {
    steps.pace.enter(caller);
    hasPlace = true;
    return steps.validate(caller);
  } catch (refusal) {
    if (hasPlace) steps.pace.leave(caller);
    const repeat = await recallEnded(steps, caller);
    if (repeat === undefined) throw refusal;
    return repeat;
  }
}

/**
 * A request that is sent again while its task is under way waits for that, and is answered as the first one is. Where the
 * task fails, which costs nothing, one of the requests that waited is the next try: it alone keeps its images meanwhile,
 * since those of a hundred would be gigabytes.
 */
async function reserveOrAwait(steps: Steps, job: Job, signal: AbortSignal): Promise<Held | Repeat> {
  const { caller, type } = job;
  const { arrived } = caller;
  const { clientKey } = arrived.body;
  const reserved = await steps.reserve(job);
  arrived.forgetBody();
  if (isHeld(reserved) || reserved.solution !== null || type.timing === 'later') return reserved;
  const { taskId } = reserved;
  const nextTry = steps.nextTries.get(taskId);
  if (nextTry === undefined) return becomeNextTry(steps, job, { clientKey, reserved, signal });
  job.input = undefined;
  await endOf(steps, taskId, signal);
  if (signal.aborted) throw clientHasGone();
  // Its task, where it has one, is what this request is told of.
  await nextTry;
  if (steps.underway.isDraining) return reserved;
  const repeat = await recall(steps, caller);
  if (repeat === undefined) throw firstHasFailed();
  return repeat;
}

async function becomeNextTry(
  steps: Steps,
  job: Job,
  { clientKey, reserved, signal }: { clientKey: unknown; reserved: Repeat; signal: AbortSignal },
): Promise<Held | Repeat> {
  const { taskId } = reserved;
  const decided = Promise.withResolvers<void>();
  steps.nextTries.set(taskId, decided.promise);
  try {
    await endOf(steps, taskId, signal);
    if (signal.aborted) throw clientHasGone();
    if (steps.underway.isDraining) return reserved;
    // Half a minute may have passed, in which the key can have been revoked, expired or blocked.
    const { key } = await steps.principalOf(clientKey, job.caller.arrived.address);
    steps.protection.refuseBlocked(key.id);
    return await steps.reserve(job);
  } finally {
    steps.nextTries.delete(taskId);
    decided.resolve();
  }
}

function isJob(found: Job | Repeat): found is Job {
  return 'caller' in found;
}

function isHeld(reserved: Held | Repeat): reserved is Held {
  return 'lease' in reserved;
}

/** Answers a request with the task that it made when it was sent before. */
function again({ arrived }: Caller, repeat: Repeat): Repeat {
  if (repeat.solution !== null) arrived.aside.cost = repeat.price;
  return repeat;
}

async function answerNow(steps: Steps, { caller, price }: Job, held: Held): Promise<Created> {
  const { controller, aside } = caller.arrived;
  aside.cost = 0;
  const { solution } = await solveAndSettle(steps, held, controller, aside);
  aside.cost = price;
  return { taskId: held.taskId, number: held.number, solution };
}
