import type pg from 'pg';
import { type EngineEvents, StoreError, storeErrorOf, tookTooLong } from '../engine.ts';
import type { Call } from '../operations.ts';
import { executor, isOutage } from './connection.ts';
import { type GroupOutcome, runGroup } from './group.ts';
import { GroupSize } from './groupSize.ts';
import { owners } from './owners.ts';
import { StuckAccounts } from './stuckAccounts.ts';

interface Waiting {
  call: Call;
  /** Whose rows it locks, as owners.ts tells: null when it runs alone, undefined when it locks none. */
  accountId: string | null | undefined;
  /** Whether a transaction that it was in has waited too long: from then on it shares one with its own account only. */
  isApart: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const locks = ({ accountId }: Waiting): boolean => typeof accountId === 'string';

/** Rounds of repair and of the sweep end many tasks: how long they take tells nothing of requests. */
const isRound = ({ call }: Waiting): boolean => call.name === 'repairOf' || call.name === 'endOverdueOf';

/** After a failed attempt to connect, the next ones within this time fail at once, give or take half. */
const backOffMs = 200;

export interface Lanes {
  call(call: Call): Promise<unknown>;
  /** Resolves when everything asked for has been answered. */
  drain(): Promise<void>;
}

/**
 * Shares a pool's connections between calls: a free one takes all that have gathered, in one transaction, so
 * that tasks of one account do not queue for its row one by one. `random` is between 0 and 1, `elapsed` in milliseconds.
 */
export function createLanes(
  pool: pg.Pool,
  lanes: number,
  events: EngineEvents,
  { random = Math.random, elapsed = () => performance.now() } = {},
): Lanes {
  const execute = executor();
  const size = new GroupSize();
  const { ownerOf, learn } = owners();
  const stuck = new StuckAccounts();
  let waiting: Waiting[] = [];
  /** How many connections are at work, and for which accounts. */
  let busy = 0;
  const busyAccounts = new Set<string>();
  /** Whether one of them waits for a stuck account: no second one may, or such accounts could have all connections. */
  let isStuckBusy = false;
  /** By `elapsed`: until then no connection is tried. */
  let downUntil = 0;
  let isPumping = false;
  let drained: (() => void) | undefined;

  function pump(): void {
    while (busy < lanes && waiting.length > 0) {
      const group = takeGroup();
      if (group.length === 0) return;
      const accounts = group.flatMap(({ accountId }) => accountId ?? []);
      const isForStuck = accounts.some((account) => stuck.has(account));
      for (const account of accounts) busyAccounts.add(account);
      busy++;
      isStuckBusy ||= isForStuck;
      void runLane(group).finally(() => {
        for (const account of accounts) busyAccounts.delete(account);
        busy--;
        if (isForStuck) isStuckBusy = false;
        pump();
        if (busy === 0 && waiting.length === 0) drained?.();
      });
    }
  }

  /**
   * The calls that have waited longest and may share a transaction. What runs alone comes before them: among it are the
   * signs of life, and behind many accounts that each keep a connection for a second this server would be taken for dead.
   */
  function takeGroup(): Waiting[] {
    const alone = waiting.findIndex(({ accountId }) => accountId === null);
    if (alone !== -1) return waiting.splice(alone, 1);
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const one of waiting) {
      const [first] = group;
      const isFit = group.length < size.calls && !mustWait(one) && (!first || mayShare(first, one));
      (isFit ? group : rest).push(one);
    }
    waiting = rest;
    return group;
  }

  /**
   * Whether another connection works for the same account, or waits for another stuck one: this call would only wait for
   * a lock, and keep a connection from others.
   */
  function mustWait({ accountId }: Waiting): boolean {
    if (typeof accountId !== 'string') return false;
    return busyAccounts.has(accountId) || (isStuckBusy && stuck.has(accountId));
  }

  /** Whether two calls may stand in one transaction: what one of them waits for, the other waits for too. */
  function mayShare(one: Waiting, other: Waiting): boolean {
    if (one.accountId === other.accountId) return true;
    return ![one, other].some(({ accountId, isApart }) => isApart || stuck.has(accountId));
  }

  async function runLane(group: Waiting[]): Promise<void> {
    let client: pg.PoolClient;
    try {
      if (elapsed() < downUntil)
        throw new StoreError('ECONNREFUSED', 'the database was just away', { isAway: true });
      client = await pool.connect();
    } catch (error) {
      if (elapsed() >= downUntil) downUntil = elapsed() + backOffMs * (0.5 + random());
      waiting.unshift(...group);
      return failWaiting(error);
    }
    try {
      await runShared(client, group);
      client.release();
    } catch (error) {
      client.release(true);
      for (const { reject } of group) reject(storeErrorOf(error, { isAway: true, isSent: true }));
      failWaiting(error);
    }
  }

  /** @throws when the database cannot be reached any more; other failures go to the calls that caused them */
  async function runShared(client: pg.PoolClient, group: Waiting[]): Promise<void> {
    const calls = group.map(({ call }) => call);
    const isBrief = group.some(({ accountId }) => stuck.has(accountId));
    try {
      answer(group, await runGroup(client, execute, calls, { isBrief, elapsed }));
    } catch (error) {
      if (isOutage(error)) throw error;
      await splitOrReject(client, group, error);
    }
  }

  function answer(group: Waiting[], { values, wrote, heldMs }: GroupOutcome): void {
    if (group.some(locks) && !group.some(isRound)) size.learn(group.length, heldMs);
    if (wrote) events.committed({ operations: group.length });
    for (const [index, { call, accountId, resolve }] of group.entries()) {
      if (typeof accountId === 'string') stuck.delete(accountId);
      learn(call, values[index]);
      resolve(values[index]);
    }
  }

  /** What failed together is tried again apart, until only those fail that are to blame. */
  async function splitOrReject(client: pg.PoolClient, group: Waiting[], error: unknown): Promise<void> {
    const waitedTooLong = tookTooLong(error);
    const [accountId, ...others] = new Set(group.map((one) => one.accountId));
    if (waitedTooLong && others.length > 0) {
      // One account is locked. By account and not call by call: each of its calls would wait for the lock once more.
      for (const one of group) one.isApart = true;
      waiting.unshift(...group);
    } else if (waitedTooLong || group.length === 1) {
      if (waitedTooLong && typeof accountId === 'string') stuck.add(accountId);
      for (const { reject } of group) reject(storeErrorOf(error));
    } else {
      // One of them is at fault, or a deadlock with something outside chose this group: alone, the others pass.
      for (const one of group) await runShared(client, [one]);
    }
  }

  /** Refuses all calls that wait for a database that is lost: each would only learn the same later. */
  function failWaiting(error: unknown): void {
    const all = waiting;
    waiting = [];
    for (const { reject } of all) reject(storeErrorOf(error, { isAway: true }));
  }

  return {
    call: (call) =>
      new Promise((resolve, reject) => {
        waiting.push({ call, accountId: ownerOf(call), isApart: false, resolve, reject });
        if (isPumping) return;
        // At the end of this turn of the event loop, so that all calls of the turn can share a transaction.
        isPumping = true;
        setImmediate(() => {
          isPumping = false;
          pump();
        });
      }),
    drain: () =>
      busy === 0 && waiting.length === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            drained = resolve;
          }),
  };
}
