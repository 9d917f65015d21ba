import type { ChildProcess } from 'node:child_process';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { type Place, untilForgotten } from './places.ts';

/** What a client saw before the kill. */
export interface Seen {
  /** Tasks whose charge was acknowledged: their results must be there, and paid for. */
  charged: string[];
  /** Tasks whose failure was acknowledged: free. */
  released: string[];
  /** Tasks that were acknowledged as held, and then nothing more. */
  held: string[];
  /** Requests to charge that were never answered: paid for once or not at all. */
  unanswered: number;
}

export interface Tally {
  operations: number;
  /** Micro-USD that acknowledged charges should have taken, and did not. */
  lost: number;
  /** Micro-USD taken beyond every charge that was asked for. */
  doubled: number;
  /** Acknowledged tasks that are gone, or not as they were acknowledged. */
  lostTasks: number;
  /** What the audit found, in words. */
  violations: string[];
}

export const newTally = (): Tally => ({ operations: 0, lost: 0, doubled: 0, lostTasks: 0, violations: [] });

/** Until then every task of the load is over. */
const deadlineMs = 120_000;

/** Kills a process that the campaign started, and waits until it is gone. */
export async function killHard(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Opens what a killed process left, as the next start would, and compares it with what was seen. */
export async function checkBooks(
  books: { place: Place; accountId: string; price: number; postedBefore: number },
  seen: Seen,
  tally: Tally,
): Promise<{ posted: number }> {
  const { place, accountId, price, postedBefore } = books;
  await untilForgotten(place);
  const store = await openStore(place);
  try {
    const note = (violations: { invariant: string; detail: string }[]) =>
      tally.violations.push(...violations.map(({ invariant, detail }) => `${invariant}: ${detail}`));
    note(await store.audit(Date.now()));
    await store.repair(Date.now());
    // Who shares a database is taken for dead after ten seconds only; this is two minutes later.
    if (place.databaseUrl !== undefined) await store.sweep(Date.now() + deadlineMs);
    note(await store.audit(Date.now()));

    const { posted, pending } = (await store.readAccount(accountId))!;
    if (pending !== 0) tally.violations.push(`I6: ${pending} is still held after the repair`);
    const taken = postedBefore - posted;
    const acknowledged = seen.charged.length * price;
    tally.lost += Math.max(0, acknowledged - taken);
    tally.doubled += Math.max(0, taken - acknowledged - seen.unanswered * price);
    tally.operations += seen.charged.length + seen.released.length + seen.held.length;

    tally.lostTasks += await countMissingTasks(store, accountId, seen);
    return { posted };
  } finally {
    await store.close();
  }
}

/** How many of the acknowledged tasks are gone, or not as they were acknowledged. */
export async function countMissingTasks(store: Store, accountId: string, seen: Seen): Promise<number> {
  const stateOf = async (taskId: string) =>
    (await store.poll({ taskId, accountId, now: Date.now(), maxPolls: 1_000 }))?.state;
  const missing = async (taskIds: string[], allowed: string[]) => {
    const states = await Promise.all(taskIds.map(stateOf));
    return states.filter((state) => state === undefined || !allowed.includes(state)).length;
  };
  const { charged, released, held } = seen;
  return (
    (await missing(charged, ['ready'])) +
    (await missing(released, ['failed'])) +
    (await missing(held, ['ready', 'failed']))
  );
}
