import { change, type Operation, rows, statement } from '../statement.ts';
import { forgetBans } from './bans.ts';
import { forgetFeedback } from './feedback.ts';
import { forgetRequests } from './idempotency.ts';
import { lockAccounts, ofFreeAccounts } from './locks.ts';
import { isOpen } from './openTasks.ts';
import { timeOut } from './release.ts';
import { type Due, roundSize, tasksInRound } from './round.ts';

const selectOverdue = statement((db, p: Due, engine) => {
  const overdue = db
    .selectFrom('task')
    .select(['task.id', 'task.lease'])
    .where(isOpen)
    .where('deadline', '>=', p.since)
    .where('deadline', '<=', p.now)
    .orderBy('deadline')
    .limit(tasksInRound(engine));
  return engine === 'postgres' ? ofFreeAccounts(overdue) : overdue;
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

const selectOverdueOf = statement((db, p: Due & { accountId: string }, engine) =>
  db
    .selectFrom('task')
    .select(['id', 'lease'])
    .where(isOpen)
    .where('deadline', '>=', p.since)
    .where('deadline', '<=', p.now)
    .where('account_id', '=', p.accountId)
    .limit(tasksInRound(engine)),
);

/** One round of failing the overdue tasks of one account, which is waited for; returns how many, 0 when none is left. */
export function* endOverdueOf(which: Due & { accountId: string }): Operation<number> {
  yield* lockAccounts([which.accountId]);
  let timedOut = 0;
  for (const task of yield* rows(selectOverdueOf, which)) if (yield* timeOut(task, which.now)) timedOut++;
  return timedOut;
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
  // Also where none of them was left to end: another sweep ended them just now, and another round sees what it left.
  const isFull = overdue.length > 0 || forgotten === roundSize;
  const more = isFull || moreRequests || moreFeedback || moreBans;
  return { timedOut, forgotten, more };
}
