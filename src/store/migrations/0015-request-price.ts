import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** What a repeated request has cost, where it is missing: 0006 was given it after some databases had had that. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const columns = await (engine === 'sqlite'
    ? sql`select 1 from pragma_table_info('idempotency') where name = 'price'`
    : // Where the name leads, as below: that need not be the schema in which new tables would be made.
      sql`select 1 from pg_attribute where attrelid = to_regclass('idempotency')
        and attname = 'price' and not attisdropped`
  ).execute(db);
  if (columns.rows.length > 0) return;
  await db.schema
    .alterTable('idempotency')
    .addColumn('price', engine === 'sqlite' ? 'integer' : 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
}
