import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import { change, type EngineName, type Operation, rows, statement } from '../statement.ts';
import { forgetBans } from './bans.ts';
import { forgetFeedback } from './feedback.ts';
import { forgetRequests } from './idempotency.ts';
import { idsOf } from './idList.ts';
import { lockAccounts, ofFreeAccounts } from './locks.ts';
import { isOpen } from './openTasks.ts';
import { timeOut } from './release.ts';
import { bound, type Due, type Except, type OpenTask, roundSize, tasksInRound } from './round.ts';

type DueTasks = Due & { except: string };

const overdue = (db: Kysely<Tables>, p: DueTasks, engine: EngineName) =>
  db
    .selectFrom('task')
    .where(isOpen)
    .where('deadline', '>=', p.since)
    .where('deadline', '<=', p.now)
    .where('task.id', 'not in', idsOf(p.except, engine));

const columns = ['task.id', 'task.lease', 'task.account_id'] as const;

const selectOverdue = statement((db, p: DueTasks, engine) => {
  const some = overdue(db, p, engine).select(columns).orderBy('deadline').limit(tasksInRound(engine));
  return engine === 'postgres' ? ofFreeAccounts(some) : some;
});

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

const selectLate = statement((db, p: DueTasks, engine) =>
  overdue(db, p, engine).select('account_id').distinct().limit(8),
);

/** Accounts whose tasks have been passed over for too long. */
export function* lateAccounts(now: number, since = 0, except: readonly string[] = []): Operation<string[]> {
  const late = { since, now: now - passedOverMs, except };
  return (yield* rows(selectLate, bound(late))).map((task) => task.account_id);
}

const selectOverdueOf = statement((db, p: DueTasks & { accountId: string }, engine) =>
  overdue(db, p, engine).select(columns).where('account_id', '=', p.accountId).limit(tasksInRound(engine)),
);

/** One round of failing the overdue tasks of one account, which is waited for; returns how many, 0 when none is left. */
export function* endOverdueOf(which: Due & Except & { accountId: string }): Operation<number> {
  yield* lockAccounts([which.accountId]);
  let timedOut = 0;
  for (const task of yield* rows(selectOverdueOf, bound(which)))
    if (yield* timeOut(task, which.now)) timedOut++;
  return timedOut;
}

/** The tasks that the next round of a sweep would end, or of one account. */
export function* overdueTasks({
  accountId,
  ...which
}: Due & Except & { accountId?: string }): Operation<OpenTask[]> {
  const due = bound(which);
  const found = yield* accountId === undefined
    ? rows(selectOverdue, due)
    : rows(selectOverdueOf, { ...due, accountId });
  return found.map((task) => ({ taskId: task.id, accountId: task.account_id }));
}

interface Swept {
  timedOut: number;
  forgotten: number;
  /** Whether another round may find more. */
  more: boolean;
}

/**
 * One round: fails tasks past their deadline and gives their holds back; forgets tasks past their retention, names of
 * requests, reports, and bans. What was due before `since` is not looked for: in PostgreSQL the entries of rows that are
 * gone stand in the indexes for as long as anybody may see them, and each round would walk them all. The tasks `except`
 * are left as they are.
 */
export function* sweep(now: number, since = 0, except: readonly string[] = []): Operation<Swept> {
  const due: Due = { since, now };
  const found = yield* rows(selectOverdue, bound({ ...due, except }));
  let timedOut = 0;
  for (const task of found) if (yield* timeOut(task, now)) timedOut++;
  const forgotten = yield* change(forget, due);
  const moreRequests = yield* forgetRequests(due);
  const moreFeedback = yield* forgetFeedback(due);
  const moreBans = yield* forgetBans(now);
  // Also where none of them was left to end: another sweep ended them just now, and another round sees what it left.
  const isFull = found.length > 0 || forgotten === roundSize;
  const more = isFull || moreRequests || moreFeedback || moreBans;
  return { timedOut, forgotten, more };
}
