import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** What a repeated request has cost, where it is missing: 0006 was given it after some databases had had that. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const columns = await (engine === 'sqlite'
    ? sql`select 1 from pragma_table_info('idempotency') where name = 'price'`
    : sql`select 1 from information_schema.columns where table_schema = current_schema()
        and table_name = 'idempotency' and column_name = 'price'`
  ).execute(db);
  if (columns.rows.length > 0) return;
  await db.schema
    .alterTable('idempotency')
    .addColumn('price', engine === 'sqlite' ? 'integer' : 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
}
