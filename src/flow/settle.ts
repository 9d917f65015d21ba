import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { Fault } from '../fault.ts';
import { isAway, tookTooLong } from '../store/engine.ts';
import type { TaskRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { timedOut } from './solve.ts';
import type { Answer, Held } from './stages.ts';
import { unavailable } from './unavailable.ts';

/** Between the attempts to charge a task. */
const pausesMs = [20, 40];
/**
 * The same while the database is away or keeps us waiting for a lock, the last one again and again until the deadline: an
 * attempt may have been written and only its answer lost, or be at its commit, which keeps the account locked; a client
 * that is told too early that it failed has paid for nothing.
 */
const awayPausesMs = [20, 200, 1_000, 3_000, 10_000];

interface SettlerParts {
  clock: Clock;
  store: Pick<Store, 'settle' | 'release' | 'handBack' | 'poll'>;
  log: Logger;
  /** Aborted when there is no time any more to wait for a store that is away. */
  hurry: AbortSignal;
  pause?: (ms: number, value: undefined, options: { signal: AbortSignal }) => Promise<unknown>;
}

type Ending = Pick<Held, 'taskId' | 'lease' | 'requestId'>;

/** Makes the ways in which work on a hold ends: charged with the answer delivered, given back, or left to others. */
export function settler({ clock, store, log, hurry, pause = setTimeout }: SettlerParts) {
  /**
   * Charges the task; only then may its answer leave the server.
   * @throws Fault ERROR_SETTLEMENT_FAILED when the store cannot, ERROR_SERVICE_UNAVALIABLE when it could not even
   * hold the price, ERROR_TASK_TIMEOUT when the sweep was first
   */
  async function settle({ held, solution }: Answer): Promise<void> {
    const { taskId, lease, deadline, requestId } = held;
    let failed: unknown;
    for (let attempt = 1; clock.now() < deadline; attempt++) {
      try {
        if (await store.settle({ taskId, lease, solution, now: clock.now() })) return;
        const record = await find(held);
        // The commit of its hold failed, after work on it had begun: as if it had been refused at once.
        if (record === undefined) throw unavailable(new Error('the task is not held'));
        // Ended by an earlier attempt of ours that was written but not confirmed, or else by the sweep.
        if (attempt > 1 && record.state === 'ready') return;
        throw timedOut();
      } catch (error) {
        if (error instanceof Fault) throw error;
        failed = error;
        log.error({ err: error, taskId, requestId, attempt }, 'settle failed');
        const isPassing = isAway(error) || tookTooLong(error);
        const ms = isPassing ? (awayPausesMs[attempt - 1] ?? awayPausesMs.at(-1)) : pausesMs[attempt - 1];
        if (ms === undefined || hurry.aborted) break;
        await pause(ms, undefined, { signal: hurry }).catch(() => {});
      }
    }
    if (failed === undefined) throw timedOut();
    throw settlementFailed(failed);
  }

  /**
   * Gives the hold back and remembers why; false where the task had ended before. When the store cannot do even
   * that, its sweep does it later: then nobody knows whether an attempt to charge it was written.
   */
  async function release({ taskId, lease, requestId }: Ending, error: unknown): Promise<boolean | 'unknown'> {
    const code = error instanceof Fault ? error.code : 'ERROR_SERVICE_UNAVALIABLE';
    const errorDetail = error instanceof Fault ? (error.detail ?? null) : null;
    try {
      return await store.release({ taskId, lease, errorCode: code, errorDetail, now: clock.now() });
    } catch (cause) {
      log.error(
        { err: cause, taskId, requestId },
        'release failed; the sweep gives the hold back at its deadline',
      );
      return 'unknown';
    }
  }

  /** Leaves a task to the next worker that looks. When the store cannot do even that, its repair does it later. */
  async function handBack({ taskId, lease, requestId }: Ending): Promise<void> {
    try {
      await store.handBack({ taskId, lease });
    } catch (cause) {
      log.error({ err: cause, taskId, requestId }, 'handing back failed; the next start does it');
    }
  }

  /** Whether the task has been charged: then its client is owed the answer. */
  async function isReady(held: Held): Promise<boolean> {
    return (await find(held))?.state === 'ready';
  }

  function find({ taskId, accountId }: Held): Promise<TaskRecord | undefined> {
    return store.poll({ taskId, accountId, now: clock.now(), maxPolls: null });
  }

  return { settle, release, handBack, isReady };
}

function settlementFailed(cause: unknown): Fault {
  return new Fault('ERROR_SETTLEMENT_FAILED', { cause });
}
