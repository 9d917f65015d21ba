import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** Requests that are answered once, however often they are sent. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  await db.schema.alterTable('task').addColumn('idempotency', 'text').execute();

  const table = db.schema
    .createTable('idempotency')
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('fingerprint', 'text', (c) => c.notNull())
    .addColumn('task_id', 'text', (c) => c.notNull())
    .addColumn('number', integer, (c) => c.notNull())
    .addColumn('solution', 'text')
    .addColumn('expires_at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('idempotency_name', ['key_id', 'name']);
  await (engine === 'sqlite' ? table.modifyEnd(sql`strict`) : table).execute();
  await db.schema.createIndex('idempotency_expires').on('idempotency').column('expires_at').execute();
}
