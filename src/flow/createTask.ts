import type { Repeat } from '../store/store.ts';
import { answer } from './answer.ts';
import { clientGone } from './solve.ts';
import type { Caller, Created, Held, Job } from './stages.ts';
import type { Steps } from './steps.ts';
import { unavailable } from './unavailable.ts';
import type { Worker } from './work.ts';

/** pace → validate → reserve → solve → settle; the answer at once, or `null` for a task that takes longer. */
export async function createTask(steps: Steps & { worker: Worker }, caller: Caller): Promise<Created> {
  if (steps.underway.isDraining) {
    steps.metrics.countRefusal('draining');
    throw unavailable('the server is stopping');
  }
  const { work, aside } = caller.arrived;
  steps.pace.enter(caller);
  let isQueued = false;
  try {
    const began = performance.now();
    const job = steps.validate(caller);
    const validated = aside.took('validate', began);
    if (work.signal.aborted) throw unavailable(clientGone);
    const held = await reserveOrAwait(steps, job, work.signal);
    aside.took('reserve', validated);
    if (!isHeld(held)) return again(job, held);
    if (job.type.timing === 'later') {
      isQueued = true;
      steps.worker.expect(held, () => steps.pace.leave(caller));
      return { taskId: held.taskId, number: held.number, solution: null };
    }
    return await answerNow(steps, job, held);
  } finally {
    if (!isQueued) steps.pace.leave(caller);
  }
}

/** Longer, and the client is told to come back. */
const longestWaitMs = 30_000;

/** A request that is sent again while its task is under way has its answer together with the first. */
async function reserveOrAwait(steps: Steps, job: Job, signal: AbortSignal): Promise<Held | Repeat> {
  const held = await steps.reserve(job);
  if (isHeld(held) || held.solution !== null || job.type.timing === 'later') return held;
  const end = steps.waiters.wait(held.taskId, steps.clock.now() + longestWaitMs, signal);
  // It may have ended on the way here, and then calls nobody any more.
  void steps.waiters.look([held.taskId]);
  await end;
  if (steps.underway.isDraining) return held;
  // Where that failed, it has cost nothing, and this one is the next try.
  return steps.reserve(job);
}

function isHeld(held: Held | Repeat): held is Held {
  return 'lease' in held;
}

/** What a request is answered that was sent before. */
function again({ price, caller }: Job, repeat: Repeat): Repeat {
  if (repeat.solution !== null) caller.arrived.aside.cost = price;
  return repeat;
}

async function answerNow(steps: Steps, { caller, price }: Job, held: Held): Promise<Created> {
  const { work, aside } = caller.arrived;
  const leave = steps.underway.enter();
  aside.cost = 0;
  try {
    const { solution } = await answer(steps, held, work, aside);
    aside.cost = price;
    return { taskId: held.taskId, number: held.number, solution };
  } finally {
    leave();
  }
}
