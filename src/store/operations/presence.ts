import { sql } from 'kysely';
import { change, first, type Operation, statement } from '../statement.ts';

/** Judged by the database's clock alone: those of the nodes may differ. */
const databaseTime = sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`;

const touch = statement((db, p: { node: string }) =>
  db
    .insertInto('node')
    .values({ id: p.node, seen_at: databaseTime })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: databaseTime }))
    .returning('seen_at'),
);

const forgetNodes = statement((db, p: { before: number }) =>
  db.deleteFrom('node').where('seen_at', '<', p.before),
);

/** A process whose last beat lies so far ahead beat before the clock was set back. */
const aheadMs = 10_000;

const bringBack = statement((db, p: { now: number; later: number }) =>
  db
    .updateTable('node')
    .set({ seen_at: p.now })
    .where(
      'id',
      'in',
      // A locked row is that of a process which beats just now; two that waited for each other would never end.
      db.selectFrom('node').select('id').where('seen_at', '>', p.later).forUpdate().skipLocked(),
    ),
);

/** PostgreSQL only: marks a process as alive; returns the database's time in milliseconds. */
export function* beat(node: string): Operation<number> {
  const { seen_at: now } = (yield* first(touch, { node }))!;
  yield* change(forgetNodes, { before: now - 60 * 60 * 1000 });
  // Whoever died before the database's clock was set back would be alive until it is that time again.
  yield* change(bringBack, { now, later: now + aheadMs });
  return now;
}

const readTime = statement((db) => db.selectNoFrom(databaseTime.as('now')));

/** PostgreSQL only: the database's time in milliseconds. */
export function* time(): Operation<number> {
  return (yield* first(readTime, {}))!.now;
}

const mark = statement((db, p: { value: string }) =>
  db
    .insertInto('fact')
    .values({ name: 'probe', value: p.value })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .returning('value'),
);

/** Writes and reads one row. */
export function* probe(value: string): Operation<void> {
  if ((yield* first(mark, { value }))?.value !== value)
    throw new Error('the probe read what it did not write');
}
