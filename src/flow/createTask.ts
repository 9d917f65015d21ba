import { answer } from './answer.ts';
import { clientGone } from './solve.ts';
import type { Caller, Created, Held } from './stages.ts';
import type { Steps } from './steps.ts';
import { unavailable } from './unavailable.ts';
import type { Worker } from './work.ts';

/** pace → validate → reserve → solve → settle; the answer at once, or `null` for a task that takes longer. */
export async function createTask(steps: Steps & { worker: Worker }, caller: Caller): Promise<Created> {
  if (steps.underway.isDraining) {
    steps.metrics.countRefusal('draining');
    throw unavailable('the server is stopping');
  }
  const { work } = caller.arrived;
  steps.pace.enter(caller);
  let isQueued = false;
  try {
    const job = steps.validate(caller);
    if (work.signal.aborted) throw unavailable(clientGone);
    const held = await steps.reserve(job);
    if (job.type.timing === 'later') {
      isQueued = true;
      steps.worker.expect(held, () => steps.pace.leave(caller));
      return { taskId: held.taskId, number: held.number, solution: null };
    }
    return await answerNow(steps, held, work);
  } finally {
    if (!isQueued) steps.pace.leave(caller);
  }
}

async function answerNow(steps: Steps, held: Held, work: AbortController): Promise<Created> {
  const leave = steps.underway.enter();
  try {
    const { solution } = await answer(steps, held, work);
    return { taskId: held.taskId, number: held.number, solution };
  } finally {
    leave();
  }
}
