import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../settings/milliseconds.ts';
import type { NewHold } from '../store/records.ts';
import type { Store } from '../store/store.ts';

export interface TakeBackParts {
  config: { taskSeconds: number };
  clock: Clock;
  store: Pick<Store, 'release' | 'poll'>;
  log: Logger;
  pause?: (ms: number, value: undefined, options: { ref: false }) => Promise<unknown>;
}

/** Before each attempt; PostgreSQL may still be at the commit of the hold. */
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

  return async function takeBack(
    { taskId, accountId }: NewHold,
    requestId: string | undefined,
  ): Promise<void> {
    const failure = { errorCode: 'ERROR_SERVICE_UNAVALIABLE', errorDetail: null } as const;
    let cause: unknown;
    for (const [attempt, ms] of [...usualPausesMs, ...awayPausesMs].entries()) {
      if (attempt >= usualPausesMs.length && cause === undefined) return;
      await pause(ms, undefined, { ref: false });
      try {
        cause = undefined;
        // Whoever has it: a worker may have been quicker, and nobody has been told of what it does.
        if (await store.release({ taskId, ...failure, now: clock.now() })) return;
        // Most often there is nothing to take back, since it was never written.
        const found = await store.poll({ taskId, accountId, now: clock.now(), maxPolls: null });
        if (found?.state !== 'ready') continue;
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
}
