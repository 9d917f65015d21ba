import type { Idempotency, Recalled, RecallQuery } from '../records.ts';
import { change, first, type Operation, statement } from '../statement.ts';
import { type Due, roundSize } from './round.ts';

interface Name {
  keyId: string;
  name: string;
}

const selectRequest = statement((db, p: Name & { now: number }) =>
  db
    .selectFrom('idempotency')
    .select(['fingerprint', 'task_id as taskId', 'number', 'price', 'solution'])
    .where('key_id', '=', p.keyId)
    .where('name', '=', p.name)
    .where('expires_at', '>', p.now),
);

/** What became of a request that was sent before; `otherBody` where its name stands for another one. */
export function* recall(request: RecallQuery): Operation<Recalled> {
  const { keyId, idempotency, now } = request;
  const { name, fingerprint } = idempotency;
  const known = yield* first(selectRequest, { keyId, name, now });
  if (known === undefined) return undefined;
  const { fingerprint: before, ...repeat } = known;
  return before === fingerprint ? repeat : 'otherBody';
}

const selectNumber = statement((db, p: { taskId: string }) =>
  db.selectFrom('task').select('number').where('id', '=', p.taskId),
);

interface Made {
  taskId: string;
  price: number;
}

/** Over what stands under the same name: that has expired, or `recall` would have found it. */
const insertRequest = statement((db, p: Name & Idempotency & Made & { number: number }) =>
  db
    .insertInto('idempotency')
    .values({
      key_id: p.keyId,
      name: p.name,
      fingerprint: p.fingerprint,
      task_id: p.taskId,
      number: p.number,
      price: p.price,
      solution: null,
      expires_at: p.expiresAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['key_id', 'name']).doUpdateSet({
        fingerprint: p.fingerprint,
        task_id: p.taskId,
        number: p.number,
        price: p.price,
        solution: null,
        expires_at: p.expiresAt,
      }),
    ),
);

/** Binds a request to the task that was made for it; in the transaction that made it, so that no other can be. */
export function* remember(keyId: string, request: Idempotency, { taskId, price }: Made): Operation<void> {
  const { number } = (yield* first(selectNumber, { taskId }))!;
  yield* change(insertRequest, { keyId, ...request, taskId, price, number });
}

/** A task that may have been asked for by a named request. */
export interface Asked {
  id: string;
  key_id: string;
  idempotency: string | null;
}

const updateSolution = statement((db, p: Name & { taskId: string; solution: string }) =>
  db
    .updateTable('idempotency')
    .set({ solution: p.solution })
    .where('key_id', '=', p.keyId)
    .where('name', '=', p.name)
    .where('task_id', '=', p.taskId),
);

/** Keeps the answer for those who send the request again, longer than the task's own result. */
export function* keepAnswer(task: Asked, solution: string): Operation<void> {
  const { id: taskId, key_id: keyId, idempotency: name } = task;
  if (name !== null) yield* change(updateSolution, { keyId, name, taskId, solution });
}

const deleteRequest = statement((db, p: Name & { taskId: string }) =>
  db
    .deleteFrom('idempotency')
    .where('key_id', '=', p.keyId)
    .where('name', '=', p.name)
    .where('task_id', '=', p.taskId),
);

/** Lets go of the name of a task that failed: it cost nothing, and whoever sends its request again wants another try. */
export function* freeName({ id: taskId, key_id: keyId, idempotency: name }: Asked): Operation<void> {
  if (name !== null) yield* change(deleteRequest, { keyId, name, taskId });
}

const deleteExpired = statement((db, p: Due, engine) => {
  const expired = db
    .selectFrom('idempotency')
    .select(['key_id', 'name'])
    .where('expires_at', '>=', p.since)
    .where('expires_at', '<=', p.now)
    .orderBy('expires_at')
    .limit(roundSize);
  return db
    .deleteFrom('idempotency')
    .where((eb) =>
      eb(
        eb.refTuple('key_id', 'name'),
        'in',
        (engine === 'postgres' ? expired.forUpdate().skipLocked() : expired).$asTuple('key_id', 'name'),
      ),
    );
});

/** One round of forgetting requests; whether another would find more. */
export function* forgetRequests(due: Due): Operation<boolean> {
  return (yield* change(deleteExpired, due)) === roundSize;
}
