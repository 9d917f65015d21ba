import type { SelectQueryBuilder } from 'kysely';
import type { Tables } from '../schema.ts';
import { change, type Operation, rows, statement } from '../statement.ts';
import { forgetBans } from './bans.ts';
import { forgetFeedback } from './feedback.ts';
import { isOpen, timeOut } from './giveBack.ts';
import { forgetRequests } from './idempotency.ts';
import { lockAccounts } from './locks.ts';
import { type Due, roundSize } from './round.ts';

const selectOverdue = statement((db, p: Due, engine) => {
  const overdue = db
    .selectFrom('task')
    .select(['task.id', 'task.lease'])
    .where(isOpen)
    .where('deadline', '>=', p.since)
    .where('deadline', '<=', p.now)
    .orderBy('deadline')
    .limit(roundSize);
  return engine === 'postgres' ? ofFreeAccounts(overdue) : overdue;
});

/**
 * Locks the accounts of tasks, but for those that somebody else holds: their tasks come in a later round, and whoever holds
 * one for long keeps no other from its refund. Who never waits needs no order in which to lock.
 */
function ofFreeAccounts<Row>(tasks: SelectQueryBuilder<Tables, 'task', Row>) {
  return tasks.innerJoin('account', 'account.id', 'task.account_id').forUpdate('account').skipLocked();
}

const forget = statement((db, p: Due, engine) => {
  const expired = db
    .selectFrom('task')
    .select('number')
    .where('expires_at', '>=', p.since)
    .where('expires_at', '<=', p.now)
    .where('state', 'in', ['ready', 'failed'])
    .orderBy('expires_at')
    .limit(roundSize);
  return db
    .deleteFrom('task')
    .where('number', 'in', engine === 'postgres' ? expired.forUpdate().skipLocked() : expired);
});

/** How long a task is passed over until its account is waited for: one that is never idle would be for ever. */
const passedOverMs = 5_000;

const selectLate = statement((db, p: Due) =>
  db
    .selectFrom('task')
    .select('account_id')
    .distinct()
    .where(isOpen)
    .where('deadline', '>=', p.since)
    .where('deadline', '<=', p.now)
    .limit(8),
);

/** Accounts whose tasks have been passed over for too long. */
export function* lateAccounts(now: number, since = 0): Operation<string[]> {
  return (yield* rows(selectLate, { since, now: now - passedOverMs })).map((task) => task.account_id);
}

const selectOverdueOf = statement((db, p: Due & { accountId: string }) =>
  db
    .selectFrom('task')
    .select(['id', 'lease'])
    .where(isOpen)
    .where('deadline', '>=', p.since)
    .where('deadline', '<=', p.now)
    .where('account_id', '=', p.accountId)
    .limit(roundSize),
);

/** Fails the overdue tasks of one account, which is waited for; returns how many. */
export function* endOverdueOf(which: Due & { accountId: string }): Operation<number> {
  yield* lockAccounts([which.accountId]);
  let timedOut = 0;
  for (const task of yield* rows(selectOverdueOf, which)) if (yield* timeOut(task, which.now)) timedOut++;
  return timedOut;
}

export interface Swept {
  timedOut: number;
  forgotten: number;
  /** Whether another round would find more. */
  more: boolean;
}

/**
 * One round: fails tasks past their deadline and gives their holds back; forgets tasks past their retention, names of
 * requests, reports, and bans. What was due before `since` is not looked for: in PostgreSQL the entries of rows that are
 * gone stand in the indexes for as long as anybody may see them, and each round would walk them all.
 */
export function* sweep(now: number, since = 0): Operation<Swept> {
  const due: Due = { since, now };
  const overdue = yield* rows(selectOverdue, due);
  let timedOut = 0;
  for (const task of overdue) if (yield* timeOut(task, now)) timedOut++;
  const forgotten = yield* change(forget, due);
  const moreRequests = yield* forgetRequests(due);
  const moreFeedback = yield* forgetFeedback(due);
  const moreBans = yield* forgetBans(now);
  const isFull = overdue.length === roundSize || forgotten === roundSize;
  const more = isFull || moreRequests || moreFeedback || moreBans;
  return { timedOut, forgotten, more };
}

const selectOrphans = statement((db, p: { node: string; aliveSince: number; since: number }, engine) => {
  const orphans = db
    .selectFrom('task')
    .select(['task.id', 'task.lease', 'task.payload', 'task.deaths'])
    .where(isOpen)
    .where('state', '=', 'running')
    .where('deadline', '>=', p.since)
    .where('node', '<>', p.node)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('node')
            .select('node.id')
            .whereRef('node.id', '=', 'task.node')
            .where('node.seen_at', '>=', p.aliveSince),
        ),
      ),
    )
    .limit(roundSize);
  return engine === 'postgres' ? ofFreeAccounts(orphans) : orphans;
});

const requeue = statement((db, p: { id: string; lease: number }) =>
  db
    .updateTable('task')
    // A new lease: who was thought dead may yet come and fail what another will do.
    .set((eb) => ({ state: 'queued', lease: eb('lease', '+', 1), deaths: eb('deaths', '+', 1) }))
    .where('id', '=', p.id)
    .where('lease', '=', p.lease)
    .where('state', '=', 'running'),
);

/** A picture that has killed two workers is not given to a third. */
const mostDeaths = 2;

/**
 * One round of repair: tasks that a dead process was running are queued again where a worker can do so, or
 * else fail at once and cost nothing. Returns how many it repaired; 0 when none is left. Those that were due
 * before `since` are left to the sweep.
 */
export function* repair(node: string, aliveSince: number, now: number, since = 0): Operation<number> {
  const orphans = yield* rows(selectOrphans, { node, aliveSince, since });
  for (const task of orphans) {
    if (task.payload !== null && task.deaths + 1 < mostDeaths) yield* change(requeue, task);
    else yield* timeOut(task, now);
  }
  return orphans.length;
}
