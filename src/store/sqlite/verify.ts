import type { Database } from 'better-sqlite3';
import { UserError } from '../../userError.ts';
import type { Violation } from '../admin.ts';
import { isCurrent, newerMigration } from '../migrate.ts';
import { auditDatabase } from './auditDatabase.ts';
import { commands } from './commands.ts';
import { openDatabase } from './connection.ts';
import { copyDatabase, discardDraft, removeDatabase } from './journals.ts';
import { appliedTo, migrateFile } from './migrateFile.ts';

/** What a backup holds. */
export interface Backup {
  accounts: number;
  keys: number;
  /** Fingerprint of the pepper that the keys need; null in one of before such were kept. */
  pepper: string | null;
}

/**
 * Opens a copy and looks whether it is whole and its books are right; returns what it holds.
 * @throws UserError saying what is wrong with it, under the name that the user knows
 */
export async function verifyBackup(file: string, now: number, name = file): Promise<Backup> {
  try {
    if (isCurrent(appliedIn(file, name))) return contentOf(file, now, name);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} is not a backup of Legible: ${(error as Error).message}`);
  }
  return verifyUpgraded(file, now, name);
}

/** The books of an older version are recounted as the next start would find them: on a copy, brought up to date. */
async function verifyUpgraded(file: string, now: number, name: string): Promise<Backup> {
  const draft = `${file}.upgrading`;
  removeDatabase(draft);
  try {
    copyDatabase(file, draft);
    await upgrade(draft);
    return contentOf(draft, now, name);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${name} is of an older Legible, and a copy of it, which is brought up to date to be checked, failed: ${(error as Error).message}`,
    );
  } finally {
    discardDraft(draft);
  }
}

/** What has been done to the tables of a whole file that is not of a newer version. */
function appliedIn(file: string, name: string): string[] {
  return reading(file, (database) => {
    const integrity = commands.integrity(database);
    if (integrity !== 'ok') throw new UserError(`${name} is damaged: ${integrity}`);
    const applied = appliedTo(database);
    // Also of an empty file, as a copy leaves it that was cut off.
    if (applied.length === 0) throw new UserError(`${name} is not a backup of Legible: it has no books`);
    const newer = newerMigration(applied);
    if (newer !== undefined) throw new UserError(`${name} is of a newer Legible (${newer}): use that one`);
    return applied;
  });
}

function contentOf(file: string, now: number, name: string): Backup {
  return reading(file, (database) => {
    const violations = auditDatabase(database, now).filter(isLasting);
    if (violations[0]) throw new UserError(`The books in ${name} are wrong: ${violations[0].detail}`);
    const content = `select (select count(*) from account) as accounts, (select count(*) from api_key) as keys,
      (select value from fact where name = 'pepper') as pepper`;
    return database.prepare(content).get() as Backup;
  });
}

function reading<T>(file: string, work: (database: Database) => T): T {
  const database = openDatabase(file, { readonly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function upgrade(file: string): Promise<void> {
  const database = openDatabase(file);
  try {
    await migrateFile(database);
  } finally {
    database.close();
  }
}

/** What a copy had under way is overdue by the time it is looked at; the next start gives it back. */
function isLasting({ invariant }: Violation): boolean {
  return invariant !== 'I6';
}
