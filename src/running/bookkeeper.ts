import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { StoreAdmin } from '../store/admin.ts';
import { startRounds } from './rounds.ts';

/** Not during the start, when there is other work; and where somebody held the ledger, not long after. */
const soonMs = 60_000;
const everyMs = 3_600_000;

/** Makes checkpoints of the ledger as it grows, so that `legible doctor` takes seconds after years, too. */
export function startBookkeeper(
  store: Pick<StoreAdmin, 'makeCheckpoints'>,
  clock: Clock,
  log: Log,
): { stop(): Promise<void> } {
  const rounds = startRounds(soonMs, async () => {
    let next = everyMs;
    try {
      const { made, violations, isBusy } = await store.makeCheckpoints(clock.now());
      if (made > 0) log.info({ made }, 'checkpoints of the ledger were made');
      if (violations.length > 0)
        log.error({ violations }, 'the ledger breaks its rules: no checkpoint of it is made');
      if (isBusy) next = soonMs;
    } catch (error) {
      if (!rounds.isStopped) log.error({ err: error }, 'a checkpoint of the ledger could not be made');
    }
    return next;
  });
  return {
    // Without waiting: it only reads for long, and what it leaves half written the next one ends.
    async stop() {
      void rounds.stop();
    },
  };
}
