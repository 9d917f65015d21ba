import type { Kysely } from 'kysely';
import type { EngineName } from '../statement.ts';

/**
 * In which contract a task was asked for, and from where; when it ended. Callbacks are written in that contract. And
 * what a request has cost that is answered again.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  // One after the other: SQLite adds one column at a time.
  const task = db.schema.alterTable('task');
  await task.addColumn('dialect', 'text', (c) => c.notNull().defaultTo('capsolver')).execute();
  await task.addColumn('address', 'text', (c) => c.notNull().defaultTo('')).execute();
  await task.addColumn('ended_at', integer).execute();

  await db.schema
    .alterTable('idempotency')
    .addColumn('price', integer, (c) => c.notNull().defaultTo(0))
    .execute();

  const callback = db.schema.alterTable('callback');
  await callback.addColumn('dialect', 'text', (c) => c.notNull().defaultTo('capsolver')).execute();
  await callback.addColumn('address', 'text', (c) => c.notNull().defaultTo('')).execute();
  await callback.addColumn('number', integer, (c) => c.notNull().defaultTo(0)).execute();
  await callback.addColumn('price', integer, (c) => c.notNull().defaultTo(0)).execute();
  await callback.addColumn('asked_at', integer, (c) => c.notNull().defaultTo(0)).execute();
}
