import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { UserError } from '../../userError.ts';
import type { Violation } from '../admin.ts';
import { runBatch } from './batch.ts';
import { commands, syncToDisk } from './commands.ts';
import { connect, openDatabase } from './connection.ts';

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
export function verifyBackup(file: string, now: number, name = file): Backup {
  let database: Database | undefined;
  try {
    database = openDatabase(file, { readonly: true });
    const integrity = commands.integrity(database);
    if (integrity !== 'ok') throw new UserError(`${name} is damaged: ${integrity}`);
    const violations = auditOf(database, now).filter(isLasting);
    if (violations[0]) throw new UserError(`The books in ${name} are wrong: ${violations[0].detail}`);
    const content = `select (select count(*) from account) as accounts, (select count(*) from api_key) as keys,
      (select value from fact where name = 'pepper') as pepper`;
    return database.prepare(content).get() as Backup;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${name} is not a backup of Legible: ${(error as Error).message}`);
  } finally {
    database?.close();
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

/**
 * Puts a verified copy in the place of the database, which nobody may have open. Whenever this is cut off, the
 * old database or the new one stands there, whole. Returns where the old one is kept.
 */
export function restoreBackup(
  file: string,
  target: string,
  now: number,
): Backup & { kept: string | undefined } {
  const draft = `${target}.restoring`;
  // Checked as the copy that will be used, not as the file that could change meanwhile.
  copyFileSync(file, draft);
  try {
    const content = verifyBackup(draft, now, file);
    const kept = existsSync(target) ? keep(target, now) : undefined;
    syncToDisk(draft);
    renameSync(draft, target);
    syncToDisk(dirname(target));
    return { ...content, kept };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Gives the old database a second name, after its journal has been worked in: -wal belongs to a name. */
function keep(target: string, now: number): string {
  const kept = `${target}.before-${new Date(now).toISOString().replace(/[:.]/g, '-')}`;
  try {
    const database = openDatabase(target);
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.pragma('journal_mode = DELETE');
    database.close();
  } catch {
    // Too damaged to be opened, which may be why somebody restores: its journal goes along as it is.
    for (const suffix of ['-wal', '-shm'])
      if (existsSync(target + suffix)) renameSync(target + suffix, kept + suffix);
  }
  linkSync(target, kept);
  return kept;
}
