import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../settings/milliseconds.ts';
import { tookTooLong } from '../store/engine.ts';
import type { NewHold } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export interface TakeBackParts {
  config: { taskSeconds: number };
  clock: Clock;
  store: Pick<Store, 'release' | 'poll'>;
  log: Logger;
  pause?: (ms: number, value: undefined, options: { ref: false }) => Promise<unknown>;
}

/** Before each attempt; what was sent to PostgreSQL may not have reached it yet. */
const usualPausesMs = [0, 50, 500, 2_000, 5_000];
/** Before each further one where the last has failed: a database that is away may be back before the task's deadline. */
const awayPauseMs = 5_000;

/**
 * Makes the step that gives back a hold which was refused to its client, where it was written and only the word of that
 * was lost: a worker would do the task and charge it, and a client that sends it again under its name would find a task
 * that nobody works on. It never rejects.
 */
export function takerBack({ config, clock, store, log, pause = setTimeout }: TakeBackParts) {
  const taskMs = milliseconds(config.taskSeconds);
  const awayPausesMs = new Array<number>(Math.ceil(taskMs / awayPauseMs)).fill(awayPauseMs);

  return async function takeBack(hold: NewHold, requestId: string | undefined): Promise<void> {
    const { taskId } = hold;
    let cause: unknown;
    for (const [attempt, ms] of [...usualPausesMs, ...awayPausesMs].entries()) {
      if (attempt >= usualPausesMs.length && cause === undefined) return;
      await pause(ms, undefined, { ref: false });
      try {
        cause = undefined;
        const found = await endOf(hold);
        if (found === undefined) continue;
        if (found === 'ready')
          log.error(
            { taskId, requestId },
            'a hold refused to its client was charged before it could be taken back',
          );
        return;
      } catch (error) {
        cause = error;
      }
    }
    if (cause !== undefined) log.error({ err: cause, taskId, requestId }, 'a hold stays in doubt');
  };

  /** How it has ended; undefined where it is not there, which is most often so: it was never written. */
  async function endOf({ taskId, accountId, deadline }: NewHold): Promise<'failed' | 'ready' | undefined> {
    for (;;) {
      try {
        const failure = { errorCode: 'ERROR_SERVICE_UNAVALIABLE', errorDetail: null } as const;
        // Whoever has it: a worker may have been quicker, and nobody has been told of what it does.
        if (await store.release({ taskId, accountId, ...failure, now: clock.now() })) return 'failed';
        const found = await store.poll({ taskId, accountId, now: clock.now(), maxPolls: null });
        return found?.state === 'ready' ? 'ready' : undefined;
      } catch (error) {
        // The commit of the hold keeps its account: who waits there as it ends comes before any charge.
        if (!tookTooLong(error) || clock.now() >= deadline) throw error;
      }
    }
  }
}
