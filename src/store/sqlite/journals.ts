import { chmodSync, copyFileSync, existsSync, rmSync } from 'node:fs';
import { UserError } from '../../userError.ts';
import { openDatabase } from './connection.ts';

/**
 * Endings of the files beside a database without which it is not whole: they hold its last commits, or what takes back half
 * a commit. Each belongs to a name, and would be worked into whatever comes to stand under that.
 */
export const journals = ['-wal', '-journal'];

/** The index of -wal, which is made anew where it is missing. */
export const walIndex = '-shm';

/** Removes a database with all that belongs to its name. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', ...journals, walIndex]) rmSync(file + suffix, { force: true });
}

/** The same for a draft, as far as that can be done: what keeps it there has been told already, or does no harm. */
export function discardDraft(file: string): void {
  try {
    removeDatabase(file);
  } catch {}
}

/**
 * Copies one that nobody has open, as one file: of a database that was copied as files, the last commits stand only
 * in the journal beside it. For its owner alone, and to be written, whatever the mode of the original.
 * @throws UserError where the journal cannot be worked in
 */
export function copyDatabase(file: string, draft: string): void {
  const found = ['', ...journals].filter((suffix) => existsSync(file + suffix));
  for (const suffix of found) {
    copyFileSync(file + suffix, draft + suffix);
    chmodSync(draft + suffix, 0o600);
  }
  if (found.length === 1) return;
  try {
    foldJournal(draft);
  } catch (error) {
    throw new UserError(`${file} cannot be read with its journal: ${(error as Error).message}`);
  }
}

/** Works the journal into the file, which then is the whole database. */
export function foldJournal(file: string): void {
  const database = openDatabase(file);
  try {
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
}
