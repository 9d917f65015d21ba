import type { Kysely } from 'kysely';
import type { EngineName } from '../statement.ts';

/** Which keys may ask for staged answers. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  await db.schema
    .alterTable('api_key')
    .addColumn('is_test', integer, (c) => c.notNull().defaultTo(0))
    .execute();
}
