import type { SelectQueryBuilder } from 'kysely';
import type { Tables } from '../schema.ts';
import { type Operation, rows, statement } from '../statement.ts';
import { idsOf } from './idList.ts';

/** SQLite's one writer locks the whole file: there it selects nothing. */
const lockRows = statement((db, p: { ids: string }, engine) => {
  const accounts = db.selectFrom('account').select('id').orderBy('id');
  return engine === 'sqlite'
    ? accounts.limit(0)
    : accounts.where('id', 'in', idsOf(p.ids, engine)).forUpdate();
});

/**
 * Locks accounts in the order of their ids, as every transaction does before it changes a balance, a key or a package of
 * theirs: those that follow this order cannot deadlock with each other, and need no other lock on these. What changes the
 * state of tasks alone (take, handBack, reclaim) locks no account.
 */
export function* lockAccounts(ids: string[]): Operation<void> {
  if (ids.length > 0) yield* rows(lockRows, { ids: JSON.stringify([...new Set(ids)]) });
}

const ownersOf = statement((db, p: { ids: string }, engine) =>
  db.selectFrom('task').select('account_id').where('id', 'in', idsOf(p.ids, engine)),
);

/** Locks the accounts of a group of operations, some known by id and others only by their task. */
export function* lockGroup(accountIds: string[], taskIds: string[]): Operation<void> {
  const owners = taskIds.length === 0 ? [] : yield* rows(ownersOf, { ids: JSON.stringify(taskIds) });
  yield* lockAccounts([...accountIds, ...owners.map((task) => task.account_id)]);
}

/**
 * Locks the accounts of tasks, but for those that somebody else holds: their tasks come in a later round, and whoever holds
 * one for long keeps no other from its refund. Who never waits needs no order in which to lock.
 */
export function ofFreeAccounts<Row>(tasks: SelectQueryBuilder<Tables, 'task', Row>) {
  return tasks.innerJoin('account', 'account.id', 'task.account_id').forUpdate('account').skipLocked();
}
