import type { Database } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { isCurrent, migrate } from '../migrate.ts';

/**
 * Brings the tables up to date, whole or not at all: Kysely runs the statements of a migration one by one on SQLite,
 * and a process killed between two of them left tables that no start could go on from. Others wait meanwhile.
 */
export async function migrateFile(database: Database): Promise<void> {
  // Who only looks does not wait for whoever writes.
  if (isCurrent(appliedTo(database))) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    await migrate(new Kysely<unknown>({ dialect: new SqliteDialect({ database }) }), 'sqlite');
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The names of the migrations that a database has had. */
export function appliedTo(database: Database): string[] {
  const table = database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (table === undefined) return [];
  return database.prepare('select name from kysely_migration').pluck().all() as string[];
}
