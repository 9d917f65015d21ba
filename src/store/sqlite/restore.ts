import { chmodSync, copyFileSync, existsSync, linkSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { giveToOwnerOfFolder, syncToDisk } from '../../disk.ts';
import { UserError } from '../../userError.ts';
import type { Violation } from '../admin.ts';
import { isCurrent, newerMigration } from '../migrate.ts';
import { runBatch } from './batch.ts';
import { commands } from './commands.ts';
import { connect, openDatabase } from './connection.ts';
import { appliedTo, migrateFile } from './migrateFile.ts';
import { explained, isLocked } from './unusable.ts';

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
  remove(draft);
  try {
    copy(file, draft);
    await upgrade(draft);
    return contentOf(draft, now, name);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${name} is of an older Legible, and a copy of it, which is brought up to date to be checked, failed: ${(error as Error).message}`,
    );
  } finally {
    remove(draft);
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
    if (newer !== undefined)
      throw new UserError(`${name} is of a newer Legible (${newer}): restore it with that one`);
    return applied;
  });
}

function contentOf(file: string, now: number, name: string): Backup {
  return reading(file, (database) => {
    const violations = auditOf(database, now).filter(isLasting);
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

function auditOf(database: Database, now: number): Violation[] {
  const [answer] = runBatch(connect(database), [{ name: 'audit', args: [now] }]).answers;
  if (answer && 'value' in answer) return answer.value as Violation[];
  throw new Error(answer?.error.message);
}

/** Where a database in WAL mode keeps what it has not yet worked in, and the index of that. */
const journals = ['-wal', '-shm'];

/**
 * Puts a verified copy in the place of the database, which nobody may have open. Whenever this is cut off, the
 * old database or the new one stands there, whole. Returns where the old one is kept.
 * @throws UserError when the file is no backup, or is the database itself, or somebody has that open
 */
export async function restoreBackup(
  file: string,
  target: string,
  now: number,
): Promise<Backup & { kept: string | undefined }> {
  if (existsSync(target) && realpathSync(file) === realpathSync(target))
    throw new UserError(`${file} is the database itself, and no backup of it`);
  const draft = `${target}.restoring`;
  // A journal left by a restore that was cut off would be worked into this one's copy.
  remove(draft);
  try {
    // Checked as the copy that will be used, not as the file that could change meanwhile.
    copy(file, draft);
    const content = await verifyBackup(draft, now, file);
    giveToOwnerOfFolder(draft);
    syncToDisk(draft);
    const kept = keep(target, now);
    renameSync(draft, target);
    syncToDisk(dirname(target));
    return { ...content, kept };
  } finally {
    remove(draft);
  }
}

/**
 * With the journal that a database has beside it when it was copied as files: its last commits stand only there.
 * For its owner alone, and to be written, whatever the mode of the backup.
 */
function copy(file: string, draft: string): void {
  copyFileSync(file, draft);
  chmodSync(draft, 0o600);
  if (!existsSync(`${file}-wal`)) return;
  copyFileSync(`${file}-wal`, `${draft}-wal`);
  chmodSync(`${draft}-wal`, 0o600);
  try {
    foldJournal(draft);
  } catch (error) {
    throw new UserError(`${file} cannot be read with its journal: ${(error as Error).message}`);
  }
}

function remove(database: string): void {
  for (const suffix of ['', ...journals, '-journal']) rmSync(database + suffix, { force: true });
}

/** Works the journal into the file, which then is the whole database. */
function foldJournal(file: string): void {
  const database = openDatabase(file);
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
}

/**
 * Gives what stands there a second name, after its journal has been worked in: -wal belongs to a name, and would
 * be worked into whatever comes to stand under that. Undefined where nothing stands.
 */
function keep(target: string, now: number): string | undefined {
  const kept = `${target}.before-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  if (!existsSync(target)) {
    // Somebody has moved the database away, and left its journal.
    moveJournals(target, kept);
    return existsSync(`${kept}-wal`) ? `${kept}-wal` : undefined;
  }
  try {
    foldJournal(target);
  } catch (error) {
    if (isLocked(error)) throw explained(error, target);
    // Too damaged to be opened, which may be why somebody restores: its journal goes along as it is.
    moveJournals(target, kept);
  }
  linkSync(target, kept);
  return kept;
}

function moveJournals(from: string, to: string): void {
  for (const suffix of journals) if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix);
}
