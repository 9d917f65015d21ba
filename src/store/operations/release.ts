import type { Kysely } from 'kysely';
import type { Failure, Lease, Release } from '../records.ts';
import type { Tables } from '../schema.ts';
import { change, first, type Operation, statement } from '../statement.ts';
import { announce } from './callbacks.ts';
import { endedTask } from './ended.ts';
import { type Holding, writeForTask } from './entries.ts';
import { freeName } from './idempotency.ts';
import { isOpen } from './openTasks.ts';

const failOpen = (db: Kysely<Tables>, p: Failure) =>
  db
    .updateTable('task')
    .set({
      state: 'failed',
      error_code: p.errorCode,
      error_detail: p.errorDetail,
      payload: null,
      ended_at: p.now,
    })
    .where('id', '=', p.taskId)
    .where(isOpen)
    .returning(endedTask);

const failLent = statement((db, p: Failure & Lease) => failOpen(db, p).where('lease', '=', p.lease));
const failAnybodys = statement(failOpen);

const unholdMoney = statement((db, p: { accountId: string; price: number }) =>
  db
    .updateTable('account')
    .set((eb) => ({ pending: eb('pending', '-', p.price) }))
    .where('id', '=', p.accountId),
);

const returnCall = statement((db, p: { packageId: string }) =>
  db
    .updateTable('package')
    .set((eb) => ({ calls_left: eb('calls_left', '+', 1) }))
    .where('id', '=', p.packageId),
);

/** Not below 0: a wrong clock may have begun the count of a day anew. */
const returnSpending = statement((db, p: { keyId: string; day: number; price: number }) =>
  db
    .updateTable('api_key')
    .set((eb) => ({
      spent: eb
        .case()
        .when('spent', '>', p.price)
        .then(eb('spent', '-', p.price))
        .else(0)
        .end(),
    }))
    .where('id', '=', p.keyId)
    .where('day', '=', p.day),
);

/**
 * Makes a task failed and gives back what it held; false when it has ended, or the lease is not the last. Without a
 * lease, whoever has it.
 */
export function* release(done: Release): Operation<boolean> {
  const { lease } = done;
  const task = yield* lease === undefined ? first(failAnybodys, done) : first(failLent, { ...done, lease });
  if (task === undefined) return false;
  yield* giveBack(task, done.now);
  yield* freeName(task);
  const { errorCode, errorDetail, now } = done;
  yield* announce({ ...task, solution: null, errorCode, errorDetail }, now);
  return true;
}

/** Why a task fails that nobody will finish. */
export const overtime = { errorCode: 'ERROR_TASK_TIMEOUT', errorDetail: null } as const;

/** Fails a task that nobody will finish. */
export function* timeOut(task: { id: string; lease: number }, now: number): Operation<boolean> {
  return yield* release({ taskId: task.id, lease: task.lease, ...overtime, now });
}

function* giveBack(task: Holding, at: number): Operation<void> {
  const { account_id: accountId, package_id: packageId, price } = task;
  if (price > 0) {
    yield* change(unholdMoney, { accountId, price });
    yield* giveBackSpending(task);
  }
  if (packageId !== null) yield* change(returnCall, { packageId });
  yield* writeForTask('release', task, at);
}

/** Takes a price off what its key has spent on that day; a day that is over is counted no more. */
export function* giveBackSpending({ key_id: keyId, day, price }: Pick<Holding, 'key_id' | 'day' | 'price'>) {
  yield* change(returnSpending, { keyId, day, price });
}
