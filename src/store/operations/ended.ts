import { type Operation, rows, statement } from '../statement.ts';
import { idsOf } from './idList.ts';

/** Columns of a task that has just ended: what its charge or release, its callback and its request's name need. */
export const endedTask = [
  'id',
  'number',
  'account_id',
  'key_id',
  'package_id',
  'price',
  'day',
  'callback_url',
  'dialect',
  'address',
  'created_at',
  'idempotency',
] as const;

const selectEnded = statement((db, p: { ids: string }, engine) =>
  db
    .selectFrom('task')
    .select('id')
    .where('id', 'in', idsOf(p.ids, engine))
    .where('state', 'in', ['ready', 'failed']),
);

/** Which of these tasks have ended, wherever they were worked on. */
export function* endedAmong(taskIds: readonly string[]): Operation<string[]> {
  const ended = yield* rows(selectEnded, { ids: JSON.stringify(taskIds) });
  return ended.map((task) => task.id);
}
