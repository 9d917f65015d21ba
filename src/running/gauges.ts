import type { Clock } from '../clock.ts';
import type { SearchPool } from '../compute/pool.ts';
import type { Metrics } from '../metrics.ts';
import type { RecognizerPool } from '../recognize/pool.ts';
import type { StoreAdmin, StoreCounters, StoreGauges } from '../store/admin.ts';
import { version } from '../version.ts';
import type { Sweeper } from './sweeper.ts';

/** The store is asked at most once in so long, however many values a scrape reads from its answer. */
const freshMs = 1_000;

/** Adds what the books, the commits and the build are like to the metrics; read when they are asked for. */
export function watchStore(metrics: Metrics, store: StoreAdmin, sweeper: Sweeper, clock: Clock): void {
  const gauges = shared(() => store.gauges(clock.now()), clock);
  const counters = shared(() => store.counters(), clock);

  const ofBooks: [string, string, (books: StoreGauges) => number][] = [
    ['legible_tasks_open', 'Tasks that are reserved and not ended, of all nodes.', (b) => b.openTasks],
    ['legible_reservations_overdue', 'Holds 30 s past their deadline; must be 0.', (b) => b.overdueTasks],
    ['legible_ledger_reserved_units', 'Micro-USD held for tasks under way.', (b) => b.reserved],
    ['legible_ledger_posted_units', 'Micro-USD on all accounts.', (b) => b.posted],
    ['legible_callback_outbox_depth', 'Callbacks to be delivered.', (b) => b.waitingCallbacks],
    [
      'legible_callback_outbox_oldest_seconds',
      'Age of the oldest of them.',
      (b) => (b.oldestCallback === null ? 0 : Math.max(0, clock.now() - b.oldestCallback) / 1000),
    ],
  ];
  for (const [name, help, read] of ofBooks) metrics.gauge(name, help, async () => read(await gauges()));

  const ofCommits: [string, string, (counted: StoreCounters) => number][] = [
    ['legible_store_operations_total', 'Operations that the store was asked for.', (c) => c.operations],
    ['legible_store_commits_total', 'Commits that carried them.', (c) => c.commits],
  ];
  for (const [name, help, read] of ofCommits) metrics.counter(name, help, async () => read(await counters()));
  metrics.gauge(
    'legible_sqlite_wal_bytes',
    'Size of the write-ahead log.',
    async () => (await counters()).walBytes,
  );

  metrics.counter(
    'legible_reservations_swept_total',
    'Tasks failed and refunded because their time was over.',
    () => sweeper.timedOut,
  );
  metrics.gauge('legible_build_info', 'Always 1.', () => 1, { version, node: process.versions.node });
}

/** Adds how busy the threads are. */
export function watchThreads(
  metrics: Metrics,
  recognizer: Pick<RecognizerPool, 'load'>,
  proofs: Pick<SearchPool, 'load'>,
): void {
  metrics.gauge('legible_queue_depth', 'Images waiting for a thread.', () => recognizer.load.waiting);
  metrics.gauge('legible_proof_searches', 'Searches for proofs of work.', () => proofs.load.searches);
  metrics.gauge(
    'legible_proof_threads',
    'Threads for them that are up; none before the first.',
    () => proofs.load.threads,
  );
  metrics.gauge('legible_recognition_threads', 'Threads that are up.', () => recognizer.load.threads);
}

/** Calls of one second share a reading, and so do those that come while it is under way. */
function shared<T>(read: () => Promise<T>, clock: Clock): () => Promise<T> {
  let last: Promise<T> | undefined;
  let isReading = false;
  let readAt = 0;
  return () => {
    const now = clock.now();
    // While a disk stands, scrapes do not queue one question behind the other.
    if (last === undefined || (!isReading && Math.abs(now - readAt) >= freshMs)) {
      readAt = now;
      isReading = true;
      last = read().finally(() => {
        isReading = false;
      });
      // A failure is told to those who ask now, and not remembered.
      last.catch(() => {
        last = undefined;
      });
    }
    return last;
  };
}
