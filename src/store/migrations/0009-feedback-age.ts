import type { Kysely } from 'kysely';

/** Finds the reports that are old enough to be forgotten. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('feedback_at').on('feedback').column('at').execute();
}
