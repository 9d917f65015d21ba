import type pg from 'pg';
import { lockGroup } from '../operations/locks.ts';
import { type Call, start } from '../operations.ts';
import type { Ask, Operation, Told } from '../statement.ts';
import { touchedBy } from './owners.ts';

type Execute = (client: pg.ClientBase, ask: Ask) => Promise<Told>;

export interface GroupOutcome {
  values: unknown[];
  wrote: boolean;
  /** For how long the accounts were locked until the commit, which takes as long for one call as for many. */
  heldMs: number;
}

/** For the row of an account that somebody keeps: long enough to see that it is free again. */
const shortPatience = 'SET LOCAL lock_timeout = 100';

/**
 * Runs calls in one transaction. Throws what the first of them throws, with the transaction rolled back, or
 * with the connection broken. `isBrief` gives up a lock that cannot be had at once.
 */
export async function runGroup(
  client: pg.ClientBase,
  execute: Execute,
  calls: Call[],
  { isBrief = false, elapsed = () => performance.now() } = {},
): Promise<GroupOutcome> {
  let wrote = false;
  async function executeNotingWrites(ask: Ask): Promise<Told> {
    const told = await execute(client, ask);
    if (told.changes > 0) wrote = true;
    return told;
  }

  // Operations lock rows and then look: under another level, which a database or role may have as its default, what has
  // changed meanwhile is no new sight but an error.
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    if (isBrief) await client.query(shortPatience);
    const owners = calls.map((call) => touchedBy(call) ?? {});
    const known = (ids: (string | undefined)[]) => ids.filter((id) => id !== undefined);
    const accounts = known(owners.map((owner) => owner.accountId));
    const tasks = known(owners.map((owner) => owner.taskId));
    await drive(lockGroup(accounts, tasks), (ask) => execute(client, ask));
    const lockedAt = elapsed();
    const values: unknown[] = [];
    for (const call of calls) values.push(await drive(start(call), executeNotingWrites));
    const heldMs = elapsed() - lockedAt;
    await client.query('COMMIT');
    return { values, wrote, heldMs };
  } catch (error) {
    // Fails on a broken connection, which the caller then throws away.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Runs an operation to its end: asks the database for each of its steps. */
export async function drive<T>(operation: Operation<T>, tell: (ask: Ask) => Promise<Told>): Promise<T> {
  let step = operation.next();
  while (!step.done) step = operation.next(await tell(step.value));
  return step.value;
}
