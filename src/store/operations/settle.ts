import type { Lease, MicroUsd } from '../records.ts';
import { change, first, type Operation, statement } from '../statement.ts';
import { announce } from './callbacks.ts';
import { endedTask } from './ended.ts';
import { writeForTask } from './entries.ts';
import { keepAnswer } from './idempotency.ts';

/** State, lease and deadline stand in the write itself: of settle, release and sweep exactly one ends a task. */
const finish = statement((db, p: Lease & { solution: string; now: number }) =>
  db
    .updateTable('task')
    .set({ state: 'ready', solution: p.solution, payload: null, ended_at: p.now })
    .where('id', '=', p.taskId)
    .where('state', '=', 'running')
    .where('lease', '=', p.lease)
    .where('deadline', '>', p.now)
    .returning(endedTask),
);

const chargeHold = statement((db, p: { accountId: string; price: MicroUsd }) =>
  db
    .updateTable('account')
    .set((eb) => ({ posted: eb('posted', '-', p.price), pending: eb('pending', '-', p.price) }))
    .where('id', '=', p.accountId),
);

/** Makes a task ready and charges it; false when it has ended, its deadline passed, or the lease is not the last. */
export function* settle(done: Lease & { solution: string; now: number }): Operation<boolean> {
  const task = yield* first(finish, done);
  if (task === undefined) return false;
  if (task.price > 0) yield* change(chargeHold, { accountId: task.account_id, price: task.price });
  yield* writeForTask('settle', task, done.now);
  yield* keepAnswer(task, done.solution);
  yield* announce({ ...task, solution: done.solution, errorCode: null, errorDetail: null }, done.now);
  return true;
}
