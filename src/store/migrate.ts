import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as books from './migrations/0001-books.ts';
import * as callbacks from './migrations/0002-callbacks.ts';
import * as dialects from './migrations/0003-dialects.ts';
import * as testKeys from './migrations/0004-test-keys.ts';
import * as idempotency from './migrations/0005-idempotency.ts';
import * as origins from './migrations/0006-origins.ts';
import * as deaths from './migrations/0007-deaths.ts';
import type { EngineName } from './statement.ts';

/** Every migration, oldest first: one that has been released is never changed, only followed. */
const migrations: Record<string, (db: Kysely<unknown>, engine: EngineName) => Promise<void>> = {
  '0001-books': books.up,
  '0002-callbacks': callbacks.up,
  '0003-dialects': dialects.up,
  '0004-test-keys': testKeys.up,
  '0005-idempotency': idempotency.up,
  '0006-origins': origins.up,
  '0007-deaths': deaths.up,
};

export const schemaVersion = Object.keys(migrations).at(-1)!;

/**
 * Brings the tables up to date.
 * @throws Error of the migration that failed, or when the tables are of a newer Legible
 */
export async function migrate(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const provided = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (transaction) => up(transaction, engine) },
  ]);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(provided) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
