import { Fault } from '../fault.ts';
import type { Metrics } from '../metrics.ts';
import type { Config } from '../settings/config.ts';
import { milliseconds } from '../settings/milliseconds.ts';
import { isAway, isInDoubt } from '../store/engine.ts';
import type { NewHold, PackageLimits, Repeat, ReserveOutcome } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { otherBody, requestName } from './idempotency.ts';
import type { Held, Job } from './stages.ts';
import { type TakeBackParts, takerBack } from './takeBack.ts';
import { timeOrdered } from './taskId.ts';

interface ReserverParts extends TakeBackParts {
  config: Config;
  store: TakeBackParts['store'] &
    Pick<Store, 'reserve' | 'reserveEarly' | 'numberOfTask' | 'numberOfTaskEarly'>;
  metrics: Pick<Metrics, 'countRefusal'>;
  newId: () => string;
}

const firstLease = 1;

/** Makes the step that holds the price of a job; from here on, every way out settles or releases it. */
export function reserver(parts: ReserverParts) {
  const { config, clock, store, metrics, newId } = parts;
  const takeBack = takerBack(parts);

  /**
   * A request that has been sent before, under the same name, holds nothing: it has its task already.
   * @throws Fault ERROR_ZERO_BALANCE when account, package or daily cap cannot bear the price, ERROR_BAD_REQUEST
   */
  return async function reserve(job: Job): Promise<Held | Repeat> {
    const { arrived, principal } = job.caller;
    const now = clock.now();
    const taskId = timeOrdered(newId(), now);
    const hold = holdOf(job, { taskId, now, idempotency: await requestName(arrived, now) });
    const isNow = job.type.timing === 'now';
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
    if (outcome === 'held') return heldOf(job, hold, number);
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'otherBody') throw otherBody();
    metrics.countRefusal('balance');
    throw new Fault('ERROR_ZERO_BALANCE', { detail: whyNotHeld(outcome, principal.package, now) });
  };

  function holdOf(job: Job, made: Pick<NewHold, 'taskId' | 'now' | 'idempotency'>): NewHold {
    const { arrived, principal } = job.caller;
    const { key } = principal;
    return {
      ...made,
      accountId: key.accountId,
      keyId: key.id,
      packageId: key.packageId,
      type: job.type.type,
      module: job.module,
      price: job.price,
      dailyCap: key.dailyCap,
      state: job.type.timing === 'now' ? 'running' : 'queued',
      payload: job.payload,
      callbackUrl: job.callbackUrl,
      dialect: arrived.dialect,
      address: arrived.address,
      deadline: made.now + milliseconds(config.taskSeconds),
      expiresAt: made.now + milliseconds(config.resultSeconds),
    };
  }
}

function heldOf({ caller, type, input }: Job, hold: NewHold, number: number | undefined): Held {
  return {
    taskId: hold.taskId,
    number,
    lease: firstLease,
    accountId: hold.accountId,
    keyId: hold.keyId,
    type,
    input,
    deadline: hold.deadline,
    callbackUrl: hold.callbackUrl,
    isQueued: type.timing === 'later',
    startedAt: hold.now,
    requestId: caller.arrived.requestId,
  };
}

/** Undefined for an empty balance: the code says it. */
function whyNotHeld(
  outcome: 'zeroBalance' | 'dailyCapReached' | 'noCallsLeft',
  pack: PackageLimits | null,
  now: number,
): string | undefined {
  if (outcome === 'dailyCapReached') return 'the daily cap of the key is reached';
  if (outcome === 'noCallsLeft')
    return `the package has ${hasExpired(pack, now) ? 'expired' : 'no calls left'}`;
  return undefined;
}

/**
 * Whether a hold may be on the disk although its request is refused. It is where `reserved` says so, and only the number
 * could not be told. While the database is away, it may be where the reserve had reached it: one that never did is
 * nowhere, and thousands may have been refused by the time it is back. After any other failure one that is told early is
 * not written, and another may be.
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
