import type { Kysely } from 'kysely';

/** What a report is about, for as long as it is kept: its task is forgotten in minutes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['type', 'module'])
    await db.schema.alterTable('feedback').addColumn(column, 'text').execute();
}
