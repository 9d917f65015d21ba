import type { Feedback } from '../admin.ts';
import type { FeedbackReport } from '../records.ts';
import { change, first, type Operation, rows, statement } from '../statement.ts';
import { type Due, roundSize } from './round.ts';

const selectTask = statement((db, p: Pick<FeedbackReport, 'taskId' | 'accountId' | 'now'>) =>
  db
    .selectFrom('task')
    .select(['type', 'module'])
    .where('id', '=', p.taskId)
    .where('account_id', '=', p.accountId)
    .where('expires_at', '>', p.now)
    .where('state', '=', 'ready'),
);

type Kept = Omit<FeedbackReport, 'invalid'> & { invalid: number; type: string; module: string };

const upsertFeedback = statement((db, p: Kept) =>
  db
    .insertInto('feedback')
    .values({
      task_id: p.taskId,
      account_id: p.accountId,
      invalid: p.invalid,
      code: p.code,
      message: p.message,
      at: p.now,
      type: p.type,
      module: p.module,
    })
    .onConflict((conflict) =>
      conflict.column('task_id').doUpdateSet((eb) => ({
        invalid: eb.ref('excluded.invalid'),
        code: eb.ref('excluded.code'),
        message: eb.ref('excluded.message'),
        at: eb.ref('excluded.at'),
      })),
    ),
);

/** Keeps what a client says of a result, its last report over earlier ones; false for a task without one. */
export function* saveFeedback(report: FeedbackReport): Operation<boolean> {
  const task = yield* first(selectTask, report);
  if (task === undefined) return false;
  yield* change(upsertFeedback, { ...report, ...task, invalid: report.invalid ? 1 : 0 });
  return true;
}

/** Long enough to see what a model does not know; what clients write may name persons. */
const keptMs = 90 * 86_400_000;

const deleteOld = statement((db, p: Due, engine) => {
  const old = db
    .selectFrom('feedback')
    .select('task_id')
    .where('at', '>=', p.since)
    .where('at', '<=', p.now)
    .orderBy('at')
    .limit(roundSize);
  return db
    .deleteFrom('feedback')
    .where('task_id', 'in', engine === 'postgres' ? old.forUpdate().skipLocked() : old);
});

/** One round of forgetting reports; whether another would find more. */
export function* forgetFeedback({ since, now }: Due): Operation<boolean> {
  return (yield* change(deleteOld, { since: since - keptMs, now: now - keptMs })) === roundSize;
}

const selectFeedback = statement((db, p: { least: number; limit: number }) =>
  db
    .selectFrom('feedback')
    .innerJoin('account', 'account.id', 'feedback.account_id')
    .select([
      'feedback.task_id as taskId',
      'feedback.invalid',
      'feedback.code',
      'feedback.message',
      'feedback.at',
      'account.name as account',
      'feedback.type',
      'feedback.module',
    ])
    .where('feedback.invalid', '>=', p.least)
    .orderBy('feedback.at', 'desc')
    .orderBy('feedback.task_id')
    .limit(p.limit),
);

/** The latest reports, newest first; `wrong`: only those that call an answer wrong. */
export function* listFeedback({ limit, wrong }: { limit: number; wrong: boolean }): Operation<Feedback[]> {
  const found = yield* rows(selectFeedback, { least: wrong ? 1 : 0, limit });
  return found.map((report) => ({ ...report, invalid: report.invalid === 1 }));
}
