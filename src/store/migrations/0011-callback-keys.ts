import type { Kysely } from 'kysely';

/** How many results of a key wait is asked whenever one of its tasks ends. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('callback_key').on('callback').column('key_id').execute();
}
