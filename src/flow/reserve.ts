import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { Fault } from '../fault.ts';
import type { Metrics } from '../metrics.ts';
import { milliseconds } from '../milliseconds.ts';
import { isAway, isInDoubt } from '../store/engine.ts';
import type { NewHold, PackageLimits, Repeat, ReserveOutcome, Store } from '../store/store.ts';
import { otherBody, requestName } from './idempotency.ts';
import type { Held, Job } from './stages.ts';
import { timeOrdered } from './taskId.ts';

export interface ReserverParts {
  config: Config;
  clock: Clock;
  store: Pick<Store, 'reserve' | 'reserveEarly' | 'numberOfTask' | 'numberOfTaskEarly' | 'release' | 'poll'>;
  metrics: Pick<Metrics, 'countRefusal'>;
  newId: () => string;
  log: Logger;
  pause?: (ms: number, value: undefined, options: { ref: false }) => Promise<unknown>;
}

const firstLease = 1;

/** Before each attempt to take a hold back that may have been written; PostgreSQL may still be at its commit. */
const takeBackPausesMs = [0, 50, 500, 2_000, 5_000];
/** And while it is away, as long as a worker could take the task up when it is back. */
const awayPauseMs = 5_000;

/** Makes the step that holds the price of a job; from here on, every way out settles or releases it. */
export function reserver({ config, clock, store, metrics, newId, log, pause = setTimeout }: ReserverParts) {
  /**
   * A request that has been sent before, under the same name, holds nothing: it has its task already.
   * @throws Fault ERROR_ZERO_BALANCE when account, package or daily cap cannot bear the price, ERROR_BAD_REQUEST
   */
  return async function reserve(job: Job): Promise<Held | Repeat> {
    const { arrived, principal } = job.caller;
    const { key, package: pack } = principal;
    const now = clock.now();
    const taskId = timeOrdered(newId(), now);
    const deadline = now + milliseconds(config.taskSeconds);
    const isNow = job.type.timing === 'now';
    const hold: NewHold = {
      taskId,
      accountId: key.accountId,
      keyId: key.id,
      packageId: key.packageId,
      type: job.type.type,
      module: job.module,
      price: job.price,
      dailyCap: key.dailyCap,
      state: isNow ? 'running' : 'queued',
      payload: job.payload,
      callbackUrl: job.callbackUrl,
      dialect: arrived.dialect,
      address: arrived.address,
      idempotency: await requestName(arrived, now),
      now,
      deadline,
      expiresAt: now + milliseconds(config.resultSeconds),
    };
    // A client that is told nothing before the settle has lost nothing if the hold is; one that is told to come
    // back has been promised that it stands.
    const isEarly = isNow && hold.idempotency === null;
    const reserved = isEarly ? store.reserveEarly(hold) : store.reserve(hold);
    const [outcome, number] = await Promise.all([
      reserved,
      arrived.numbered ? (isEarly ? store.numberOfTaskEarly(hold) : store.numberOfTask(hold)) : undefined,
    ]).catch(async (error: unknown) => {
      // A queued hold with a name is left: its client comes back for it, and may have been told of it before it
      // could be taken back.
      const isComeBackFor = !isNow && hold.idempotency !== null;
      if (!isComeBackFor && (await mayBeWritten(reserved, isEarly))) void takeBack(hold, arrived.requestId);
      throw error;
    });
    if (outcome === 'otherBody') throw otherBody();
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'zeroBalance') throw refused();
    if (outcome === 'dailyCapReached') throw refused('the daily cap of the key is reached');
    if (outcome === 'noCallsLeft')
      throw refused(`the package has ${hasExpired(pack, now) ? 'expired' : 'no calls left'}`);
    return {
      taskId,
      number,
      lease: firstLease,
      accountId: key.accountId,
      keyId: key.id,
      type: job.type,
      input: job.input,
      deadline,
      callbackUrl: job.callbackUrl,
      isQueued: job.type.timing === 'later',
      startedAt: now,
      requestId: arrived.requestId,
    };
  };

  /**
   * Gives back a hold that was refused to its client, where it was written and only the word of that was lost: a
   * worker would do the task and charge it, and a client that sends it again under its name would find a task that
   * nobody works on. Never rejects.
   */
  async function takeBack({ taskId, accountId }: NewHold, requestId: string | undefined): Promise<void> {
    const failure = { errorCode: 'ERROR_SERVICE_UNAVALIABLE', errorDetail: null };
    let cause: unknown;
    const usual = takeBackPausesMs.length;
    const whileAway = new Array<number>(Math.ceil(milliseconds(config.taskSeconds) / awayPauseMs)).fill(
      awayPauseMs,
    );
    for (const [attempt, ms] of [...takeBackPausesMs, ...whileAway].entries()) {
      if (attempt >= usual && cause === undefined) return;
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
  }

  function refused(detail?: string): Fault {
    metrics.countRefusal('balance');
    return new Fault('ERROR_ZERO_BALANCE', detail === undefined ? {} : { detail });
  }
}

/**
 * Whether a hold may stand although its request is refused; where its number alone was lost, it does. One that is told
 * early is on the disk only where its own commit was asked for, and only the answer was lost; one that never came to a
 * database that is away is nowhere, and thousands may have been refused by the time it is back.
 */
async function mayBeWritten(reserved: Promise<ReserveOutcome>, isEarly: boolean): Promise<boolean> {
  try {
    return (await reserved) === 'held';
  } catch (error) {
    return isAway(error) ? isInDoubt(error) : !isEarly;
  }
}

function hasExpired(pack: PackageLimits | null, now: number): boolean {
  return pack !== null && pack.expiresAt !== null && pack.expiresAt <= now;
}
