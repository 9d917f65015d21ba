import type { Kysely } from 'kysely';

/** Which contract a key's client speaks; null where its host name or port says. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('api_key').addColumn('dialect', 'text').execute();
}
