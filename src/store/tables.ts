import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import type { Config } from '../settings/config.ts';
import { keepInPlace } from './lock.ts';
import { type Migrations, migrationsOf } from './migrate.ts';
import { databaseFile } from './open.ts';
import { openPatientPool } from './postgres/connection.ts';
import { unreachable } from './postgres/unreachable.ts';
import { openDatabase } from './sqlite/connection.ts';
import { explained } from './sqlite/unusable.ts';

/** How far the tables of a database are, which must exist; unlike opening the store, it does not bring them up to date. */
export async function lookAtTables({
  dataDir,
  databaseUrl,
}: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<Migrations> {
  if (databaseUrl !== undefined) {
    const dialect = new PostgresDialect({ pool: openPatientPool(databaseUrl) });
    return closing(new Kysely<unknown>({ dialect }), (db) => migrationsOf(db, 'postgres')).catch(
      (error: unknown) => {
        throw unreachable(error);
      },
    );
  }
  const file = databaseFile(dataDir);
  const lock = keepInPlace(file);
  try {
    const dialect = new SqliteDialect({ database: openDatabase(file, { readonly: true }) });
    return await closing(new Kysely<unknown>({ dialect }), (db) => migrationsOf(db, 'sqlite'));
  } catch (error) {
    throw explained(error, file);
  } finally {
    lock.release();
  }
}

async function closing<T>(db: Kysely<unknown>, work: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
