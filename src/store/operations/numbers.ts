import { first, type Operation, statement } from '../statement.ts';

interface Numbered {
  taskId: string;
  accountId: string;
}

const selectNumber = statement((db, p: Numbered) =>
  db.selectFrom('task').select('number').where('id', '=', p.taskId).where('account_id', '=', p.accountId),
);

/** The whole number of a task, for dialects that know tasks by that. */
export function* numberOfTask(task: Numbered): Operation<number | undefined> {
  return (yield* first(selectNumber, task))?.number;
}

const selectId = statement((db, p: { number: number; accountId: string }) =>
  db.selectFrom('task').select('id').where('number', '=', p.number).where('account_id', '=', p.accountId),
);

/** The id of the account's task of this number. */
export function* taskOfNumber(query: { number: number; accountId: string }): Operation<string | undefined> {
  return (yield* first(selectId, query))?.id;
}
