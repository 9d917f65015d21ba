import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** Where the result of a task is to be sent, and what is still to be sent. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  await db.schema.alterTable('task').addColumn('callback_url', 'text').execute();

  const outbox = db.schema
    .createTable('callback')
    .addColumn('task_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('solution', 'text')
    .addColumn('error_code', 'text')
    .addColumn('error_detail', 'text')
    .addColumn('attempts', integer, (c) => c.notNull())
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('due_at', integer, (c) => c.notNull());
  await (engine === 'sqlite' ? outbox.modifyEnd(sql`strict`) : outbox).execute();
  await db.schema.createIndex('callback_due').on('callback').columns(['due_at', 'host']).execute();
}
