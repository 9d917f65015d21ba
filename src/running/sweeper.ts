import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { startRounds } from './rounds.ts';

const everyMs = 1_000;

export interface Sweeper {
  /** Tasks that were failed and refunded because their time was over. */
  readonly timedOut: number;
  stop(): Promise<void>;
}

/** Ends overdue tasks and forgets old results every second, and again at once while more is left. */
export function startSweeper(store: Pick<Store, 'sweep'>, clock: Clock, log: Log): Sweeper {
  let timedOut = 0;
  const rounds = startRounds(everyMs, async () => {
    try {
      const { cutOff, more, ...swept } = await store.sweep(clock.now());
      timedOut += swept.timedOut;
      if (cutOff !== undefined) log.error({ err: cutOff }, 'sweeping all there is failed');
      if (swept.timedOut > 0) log.warn(swept, 'tasks past their deadline were refunded');
      if (more) return 0;
    } catch (error) {
      log.error({ err: error }, 'sweeping failed');
    }
    return everyMs;
  });
  return {
    get timedOut() {
      return timedOut;
    },
    stop: () => rounds.stop(),
  };
}
