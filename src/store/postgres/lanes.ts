import type pg from 'pg';
import { type EngineEvents, StoreError, storeErrorOf } from '../engine.ts';
import type { Call } from '../operations.ts';
import { executor, isOutage } from './connection.ts';
import { runGroup } from './group.ts';
import { owners } from './owners.ts';

interface Waiting {
  call: Call;
  /** Whose rows it locks, as owners.ts tells: null when it runs alone, undefined when it locks none. */
  accountId: string | null | undefined;
  /** Was in a transaction whose patience was over, and may go on with calls of its own account only. */
  isApart: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** More in one transaction would make the first of them wait too long for the last. */
const mostCalls = 32;

/** After a failed attempt to connect, the next ones within this time fail at once, give or take half. */
const backOffMs = 200;

/** How long an account is kept apart after its row could not be had, unless it can be had before. */
const stuckMs = 60_000;

/** PostgreSQL's words for a statement, and for a lock, that took too long. */
const patienceIsOver = ['57014', '55P03'];

export interface Lanes {
  call(call: Call): Promise<unknown>;
  /** Resolves when everything asked for has been answered. */
  drain(): Promise<void>;
}

/**
 * Shares a pool's connections between calls: a free one takes all that have gathered, in one transaction, so
 * that tasks of one account do not queue for its row one by one. `random` is between 0 and 1.
 */
export function createLanes(
  pool: pg.Pool,
  lanes: number,
  events: EngineEvents,
  random: () => number = Math.random,
): Lanes {
  const execute = executor();
  const { ownerOf, learn } = owners();
  const busyAccounts = new Set<string>();
  let waiting: Waiting[] = [];
  let busy = 0;
  /** Whether a connection waits for an account that is kept apart: such may not have all of them. */
  let isStuckBusy = false;
  let downUntil = 0;
  let isPumping = false;
  /** Accounts whose row somebody does not give up, and until when they are kept apart from others. */
  const stuck = new Map<string, number>();
  let drained: (() => void) | undefined;

  function pump(): void {
    while (busy < lanes && waiting.length > 0) {
      const group = takeGroup();
      if (group.length === 0) return;
      const accounts = group.flatMap(({ accountId }) => accountId ?? []);
      const isForStuck = accounts.some(isStuck);
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
   * The calls that wait longest and may share a transaction. Those of an account that another connection works
   * for stay: they would only wait for its lock, and keep a connection from others.
   */
  function takeGroup(): Waiting[] {
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const one of waiting) {
      const { accountId } = one;
      const [leader] = group;
      const isBusy =
        typeof accountId === 'string' && (busyAccounts.has(accountId) || (isStuckBusy && isStuck(accountId)));
      if (isBusy || group.length === mostCalls || (leader && !mayShare(leader, one))) rest.push(one);
      else group.push(one);
    }
    waiting = rest;
    return group;
  }

  /** Whether two calls may stand in one transaction: what one of them waits for, the other waits for too. */
  function mayShare(one: Waiting, other: Waiting): boolean {
    if (one.accountId === other.accountId) return one.accountId !== null;
    return ![one, other].some(
      ({ accountId, isApart }) => accountId === null || isApart || isStuck(accountId),
    );
  }

  function isStuck(accountId: string | undefined): boolean {
    if (accountId === undefined) return false;
    return (stuck.get(accountId) ?? 0) > performance.now();
  }

  function keepApart(accountId: string): void {
    const now = performance.now();
    for (const [account, until] of stuck) if (until <= now) stuck.delete(account);
    stuck.set(accountId, now + stuckMs);
  }

  async function runLane(group: Waiting[]): Promise<void> {
    let client: pg.PoolClient;
    try {
      if (performance.now() < downUntil)
        throw new StoreError('ECONNREFUSED', 'the database was just away', { isAway: true });
      client = await pool.connect();
    } catch (error) {
      if (performance.now() >= downUntil) downUntil = performance.now() + backOffMs * (0.5 + random());
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
    try {
      const { values, wrote } = await runGroup(
        client,
        execute,
        group.map(({ call }) => call),
        group.some(({ accountId }) => typeof accountId === 'string' && isStuck(accountId)),
      );
      if (wrote) events.committed({ operations: group.length });
      for (const { accountId } of group) if (typeof accountId === 'string') stuck.delete(accountId);
      for (const [index, { call, resolve }] of group.entries()) {
        learn(call, values[index]);
        resolve(values[index]);
      }
    } catch (error) {
      if (isOutage(error)) throw error;
      // A lock that nobody gives up would be waited for once by each of them.
      const isPatienceOver = patienceIsOver.includes((error as { code?: string }).code ?? '');
      const accounts = new Set(group.map(({ accountId }) => accountId));
      if (isPatienceOver && accounts.size > 1) {
        // One of them is locked: apart, the others pass.
        for (const one of group) one.isApart = true;
        waiting.unshift(...group);
        return;
      }
      if (group.length === 1 || isPatienceOver) {
        const [accountId] = accounts;
        if (isPatienceOver && typeof accountId === 'string') keepApart(accountId);
        for (const { reject } of group) reject(storeErrorOf(error));
        return;
      }
      // One of them is at fault, or a deadlock with something outside chose this group: alone, the others pass.
      for (const one of group) await runShared(client, [one]);
    }
  }

  /** Who waits for a lost database would only learn the same later. */
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
        // With what else comes in this turn.
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
