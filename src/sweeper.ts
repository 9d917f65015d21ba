import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';

const everyMs = 1_000;

export interface Sweeper {
  /** Tasks that were failed and refunded because their time was over. */
  readonly timedOut: number;
  stop(): Promise<void>;
}

/** Ends overdue tasks and forgets old results every second, one round after the other. */
export function startSweeper(store: Pick<Store, 'sweep'>, clock: Clock, log: Log): Sweeper {
  let timedOut = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();

  async function sweep(): Promise<void> {
    try {
      const swept = await store.sweep(clock.now());
      timedOut += swept.timedOut;
      if (swept.timedOut > 0) log.warn(swept, 'tasks past their deadline were refunded');
    } catch (error) {
      log.error({ err: error }, 'sweeping failed');
    }
    schedule();
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      round = sweep();
    }, everyMs);
  }

  schedule();
  return {
    get timedOut() {
      return timedOut;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
