import type { PollQuery, TaskRecord } from '../records.ts';
import { change, first, type Operation, statement } from '../statement.ts';

const countPoll = statement((db, p: PollQuery & { maxPolls: number; count: number }) =>
  db
    .updateTable('task')
    .set((eb) => ({ polls: eb('polls', '+', p.count) }))
    .where('id', '=', p.taskId)
    .where('account_id', '=', p.accountId)
    .where('expires_at', '>', p.now)
    .where('polls', '<', p.maxPolls)
    .returning([
      'state',
      'price',
      'solution',
      'error_code as errorCode',
      'error_detail as errorDetail',
      'address',
      'created_at as createdAt',
      'ended_at as endedAt',
      'polls',
    ]),
);

/** Counts a poll and reads the task; undefined for an unknown, foreign, forgotten or over-polled one. */
export function* poll(query: PollQuery): Operation<TaskRecord | undefined> {
  const { maxPolls } = query;
  const limits = maxPolls === null ? { maxPolls: Number.MAX_SAFE_INTEGER, count: 0 } : { maxPolls, count: 1 };
  return yield* first(countPoll, { ...query, ...limits });
}

interface PollCount {
  taskId: string;
  /** Since the task was made. */
  polls: number;
}

const setPolls = statement((db, p: PollCount) =>
  db.updateTable('task').set({ polls: p.polls }).where('id', '=', p.taskId).where('polls', '<', p.polls),
);

/** Writes down polls that were counted elsewhere; of a task that is forgotten, none. */
export function* savePolls(counts: readonly PollCount[]): Operation<void> {
  for (const count of counts) yield* change(setPolls, count);
}
