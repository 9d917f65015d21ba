import { first, type Operation, statement } from '../statement.ts';
import type { TaskRecord } from '../store.ts';

interface Poll {
  taskId: string;
  accountId: string;
  now: number;
  maxPolls: number;
}

const countPoll = statement((db, p: Poll) =>
  db
    .updateTable('task')
    .set((eb) => ({ polls: eb('polls', '+', 1) }))
    .where('id', '=', p.taskId)
    .where('account_id', '=', p.accountId)
    .where('expires_at', '>', p.now)
    .where('polls', '<', p.maxPolls)
    .returning([
      'id',
      'account_id as accountId',
      'type',
      'state',
      'price',
      'solution',
      'error_code as errorCode',
      'error_detail as errorDetail',
      'created_at as createdAt',
      'deadline',
      'polls',
    ]),
);

/** Counts a poll and reads the task; undefined for an unknown, foreign, forgotten or over-polled one. */
export function* poll(query: Poll): Operation<TaskRecord | undefined> {
  return yield* first(countPoll, query);
}
