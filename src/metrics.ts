import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from './errors.ts';
import { within } from './within.ts';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** What came of an attempt to send a callback; `gone`: its receiver wants no more. */
export type CallbackResult = 'delivered' | 'failed' | 'given_up' | 'gone';

/** How a task ended. */
export type TaskOutcome = ErrorCode | 'solved' | 'client_gone';

/** Why a task was turned away before any recognition. */
type Refusal = 'queue_full' | 'limit' | 'concurrency' | 'ban' | 'block' | 'balance' | 'draining';

/**
 * Every metric that the server counts as it works. Labels come from short fixed lists: a key, an account, an
 * address or a task id as a label would grow the time series without bound, and leak. `readMs`: for what is read when
 * the metrics are asked for.
 */
export function createMetrics({ readMs = 1_000 } = {}) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Histogram({
    name: 'legible_http_request_duration_seconds',
    help: 'Time from the head of a request to its answer.',
    labelNames: ['route', 'method', 'status', 'error_code'] as const,
    buckets: seconds,
    registers,
  });
  const tasks = new Counter({
    name: 'legible_tasks_total',
    help: 'Tasks that ended, by outcome: solved, client_gone, or the error code.',
    labelNames: ['type', 'outcome'] as const,
    registers,
  });
  const compute = new Histogram({
    name: 'legible_task_compute_seconds',
    help: 'Time from the reservation, of a queued task from being taken up, to its end.',
    labelNames: ['type'] as const,
    buckets: seconds,
    registers,
  });
  const refusals = new Counter({
    name: 'legible_admission_rejected_total',
    help: 'Requests turned away before any recognition.',
    labelNames: ['reason'] as const,
    registers,
  });
  const faults = new Counter({
    name: 'legible_faults_total',
    help: 'Errors told to clients, of each task and each id of a call by itself; none of the sandbox.',
    labelNames: ['error_code'] as const,
    registers,
  });
  const callbacks = new Counter({
    name: 'legible_callback_attempts_total',
    help: 'Attempts to deliver a result, by what became of them.',
    labelNames: ['result'] as const,
    registers,
  });
  const commits = new Histogram({
    name: 'legible_store_batch_size',
    help: 'Operations in one commit.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });

  return {
    registry,
    observeCommit(operations: number) {
      commits.observe(operations);
    },
    /** `route` is the route's own pattern, never the path as sent; `errorCode` is empty for success. */
    observeRequest(r: {
      route: string;
      method: string;
      status: number;
      errorCode: ErrorCode | 'client_gone' | '';
      seconds: number;
    }) {
      requests.observe(
        { route: r.route, method: r.method, status: r.status, error_code: r.errorCode },
        r.seconds,
      );
    },
    /** `type` is the registered name of the task type. */
    observeTask(t: { type: string; outcome: TaskOutcome; seconds: number }) {
      tasks.inc({ type: t.type, outcome: t.outcome });
      compute.observe({ type: t.type }, t.seconds);
    },
    countRefusal(reason: Refusal) {
      refusals.inc({ reason });
    },
    countFault(code: ErrorCode) {
      faults.inc({ error_code: code });
    },
    countCallback(result: CallbackResult) {
      callbacks.inc({ result });
    },
    /** A value that is read when the metrics are asked for. */
    gauge(name: string, help: string, read: Reading<number>, labels: Record<string, string> = {}) {
      new Gauge({
        name,
        help,
        registers,
        labelNames: Object.keys(labels),
        async collect() {
          this.set(labels, await attempt(readMs, read, Number.NaN));
        },
      });
    },
    /** The same for what only grows, counted elsewhere. */
    counter(name: string, help: string, read: Reading<number>) {
      let last = 0;
      new Counter({
        name,
        help,
        registers,
        async collect() {
          last = await attempt(readMs, read, last);
          this.reset();
          this.inc(last);
        },
      });
    },
  };
}

type Reading<T> = () => T | Promise<T>;

/** One value that cannot be read, because the store is down or its disk stands, must not take the others with it. */
async function attempt<T>(ms: number, read: Reading<T>, otherwise: T): Promise<T> {
  try {
    const reading = read();
    return reading instanceof Promise ? await within(ms, reading) : reading;
  } catch {
    return otherwise;
  }
}

export type Metrics = ReturnType<typeof createMetrics>;
