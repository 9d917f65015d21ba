import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import * as books from './migrations/0001-books.ts';
import * as callbacks from './migrations/0002-callbacks.ts';
import * as dialects from './migrations/0003-dialects.ts';
import * as testKeys from './migrations/0004-test-keys.ts';
import * as idempotency from './migrations/0005-idempotency.ts';
import * as origins from './migrations/0006-origins.ts';
import * as deaths from './migrations/0007-deaths.ts';
import * as checkpoints from './migrations/0008-checkpoints.ts';
import * as feedbackAge from './migrations/0009-feedback-age.ts';
import * as feedbackTask from './migrations/0010-feedback-task.ts';
import * as callbackKeys from './migrations/0011-callback-keys.ts';
import * as wholeCheckpoints from './migrations/0012-whole-checkpoints.ts';
import * as banChanges from './migrations/0013-ban-changes.ts';
import * as callbackPairs from './migrations/0014-callback-pairs.ts';
import * as requestPrice from './migrations/0015-request-price.ts';
import type { EngineName } from './statement.ts';

/** Every migration, oldest first: one that a database may have had is never changed, only followed. */
const migrations: Record<string, (db: Kysely<unknown>, engine: EngineName) => Promise<void>> = {
  '0001-books': books.up,
  '0002-callbacks': callbacks.up,
  '0003-dialects': dialects.up,
  '0004-test-keys': testKeys.up,
  '0005-idempotency': idempotency.up,
  '0006-origins': origins.up,
  '0007-deaths': deaths.up,
  '0008-checkpoints': checkpoints.up,
  '0009-feedback-age': feedbackAge.up,
  '0010-feedback-task': feedbackTask.up,
  '0011-callback-keys': callbackKeys.up,
  '0012-whole-checkpoints': wholeCheckpoints.up,
  '0013-ban-changes': banChanges.up,
  '0014-callback-pairs': callbackPairs.up,
  '0015-request-price': requestPrice.up,
};

/** Of those that a database has had, the first that this version does not know: the database is of a newer one. */
export function newerMigration(applied: readonly string[]): string | undefined {
  return applied.find((name) => !Object.hasOwn(migrations, name));
}

/** Whether a database has had all there are, and no other. */
export function isCurrent(applied: readonly string[]): boolean {
  return applied.length === Object.keys(migrations).length && newerMigration(applied) === undefined;
}

/**
 * Brings the tables up to date.
 * @throws NewerTables when they are of a newer Legible, Error of the migration that failed
 */
export async function migrate(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { error } = await migratorOf(db, engine).migrateToLatest();
  if (error === undefined) return;
  const newer = newerMigration(await appliedTo(db).catch(() => []));
  throw newer === undefined ? error : new NewerTables(newer);
}

/** The migrations by whether the tables have had them, oldest first. */
export interface Migrations {
  done: string[];
  pending: string[];
  /** One that this version does not know, which the tables of a newer one have had. */
  newer: string | undefined;
}

/** Reads them, and changes nothing. */
export async function migrationsOf(db: Kysely<unknown>, engine: EngineName): Promise<Migrations> {
  const known = await migratorOf(db, engine).getMigrations();
  const named = (isDone: boolean) =>
    known.filter(({ executedAt }) => (executedAt !== undefined) === isDone).map(({ name }) => name);
  const done = named(true);
  return {
    done,
    pending: named(false),
    newer: done.length === 0 ? undefined : newerMigration(await appliedTo(db)),
  };
}

function migratorOf(db: Kysely<unknown>, engine: EngineName): Migrator {
  const provided = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (transaction) => up(transaction, engine) },
  ]);
  return new Migrator({
    db,
    provider: { getMigrations: async () => Object.fromEntries(provided) },
  });
}

async function appliedTo(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return rows.map(({ name }) => name);
}

/** Told without a stack, as all errors are that have a code; a class alone would not come through from a thread. */
export class NewerTables extends Error {
  readonly code = 'NEWER_TABLES';

  constructor(migration: string) {
    super(
      `The database is of a newer Legible (it has ${migration}): run that version, or restore a backup of this one's`,
    );
  }
}
