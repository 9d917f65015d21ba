import { sql } from 'kysely';
import type { Callback, CallbackQuery } from '../records.ts';
import { change, first, type Operation, statement } from '../statement.ts';
import { idsOf } from './idList.ts';

const insertCallback = statement((db, p: Ended & { url: string; host: string; now: number }) =>
  db.insertInto('callback').values({
    task_id: p.id,
    number: p.number,
    dialect: p.dialect,
    address: p.address,
    price: p.price,
    asked_at: p.created_at,
    key_id: p.key_id,
    url: p.url,
    host: p.host,
    solution: p.solution,
    error_code: p.errorCode,
    error_detail: p.errorDetail,
    attempts: 0,
    created_at: p.now,
    due_at: p.now,
  }),
);

interface Ended {
  id: string;
  number: number;
  dialect: string;
  address: string;
  price: number;
  created_at: number;
  key_id: string;
  solution: string | null;
  errorCode: string | null;
  errorDetail: string | null;
}

/**
 * Results that wait to be sent, by key. Tasks that fail cost nothing: whoever names hosts that never answer would fill the
 * disk with them.
 */
const mostWaiting = 5_000;

const selectLastPlace = statement((db, p: { keyId: string }) =>
  db
    .selectFrom('callback')
    .select('key_id')
    .where('key_id', '=', p.keyId)
    .limit(1)
    .offset(mostWaiting - 1),
);

/**
 * Puts the result of a task into the outbox, in the transaction that ends it, where its client asked for that. Where too
 * many results of its key wait there it is not sent, and only getTaskResult tells it.
 */
export function* announce(ended: Ended & { callback_url: string | null }, now: number): Operation<void> {
  const { callback_url: url, ...rest } = ended;
  if (url === null) return;
  if ((yield* first(selectLastPlace, { keyId: ended.key_id })) !== undefined) return;
  yield* change(insertCallback, { ...rest, url, host: new URL(url).host, now });
}

/** Longer than any pause: what is due later than that was put off by a clock that has been set back since. */
const longestPauseMs = 600_000;

/** The first that is due between two times, both included. */
const selectDue = statement(
  (
    db,
    p: { after: number; until: number; busyHosts: string; busyKeys: string; busyPairs: string },
    engine,
  ) => {
    const oldest = db
      .selectFrom('callback')
      .selectAll()
      .where('due_at', '>=', p.after)
      .where('due_at', '<=', p.until)
      .where('host', 'not in', idsOf(p.busyHosts, engine))
      .where('key_id', 'not in', idsOf(p.busyKeys, engine))
      .where(sql`key_id || ' ' || host`, 'not in', idsOf(p.busyPairs, engine))
      .orderBy('due_at')
      .limit(1);
    return engine === 'postgres' ? oldest.forUpdate().skipLocked() : oldest;
  },
);

const claim = statement((db, p: { taskId: string; attempts: number; lostAt: number }) =>
  db.updateTable('callback').set({ attempts: p.attempts, due_at: p.lostAt }).where('task_id', '=', p.taskId),
);

/**
 * Lends the callback that is due first and whose host, key and pair of both are not named; it is due again at `lostAt` if
 * its sender dies.
 */
export function* takeCallback(query: CallbackQuery): Operation<Callback | undefined> {
  const { now, lostAt } = query;
  const busy = {
    busyHosts: JSON.stringify(query.busyHosts),
    busyKeys: JSON.stringify(query.busyKeys),
    busyPairs: JSON.stringify(query.busyPairs),
  };
  // Two queries: one for both ranges would walk all the callbacks between them.
  const row =
    (yield* first(selectDue, { after: 0, until: now, ...busy })) ??
    (yield* first(selectDue, { after: now + longestPauseMs + 1, until: Number.MAX_SAFE_INTEGER, ...busy }));
  if (row === undefined) return undefined;
  const attempts = row.attempts + 1;
  yield* change(claim, { taskId: row.task_id, attempts, lostAt });
  return {
    taskId: row.task_id,
    number: row.number,
    dialect: row.dialect,
    address: row.address,
    price: row.price,
    createdAt: row.asked_at,
    endedAt: row.created_at,
    keyId: row.key_id,
    url: row.url,
    host: row.host,
    solution: row.solution,
    errorCode: row.error_code,
    errorDetail: row.error_detail,
    attempts,
  };
}

const remove = statement((db, p: Attempt) =>
  db.deleteFrom('callback').where('task_id', '=', p.taskId).where('attempts', '=', p.attempts),
);

const postpone = statement((db, p: Attempt & { dueAt: number }) =>
  db
    .updateTable('callback')
    .set({ due_at: p.dueAt })
    .where('task_id', '=', p.taskId)
    .where('attempts', '=', p.attempts),
);

type Attempt = Pick<Callback, 'taskId' | 'attempts'>;

/** Ends an attempt: with a time for the next one, or `null` for good. False when another attempt was begun since. */
export function* endCallback(attempt: Attempt & { nextAt: number | null }): Operation<boolean> {
  const { taskId, attempts, nextAt } = attempt;
  const changed =
    nextAt === null
      ? yield* change(remove, { taskId, attempts })
      : yield* change(postpone, { taskId, attempts, dueAt: nextAt });
  return changed > 0;
}
