import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { makeDataDir } from '../dataDir.ts';
import { giveToOwnerOfFolder } from '../disk.ts';
import { UserError } from '../userError.ts';
import { remnantsProblem } from './sqlite/remnants.ts';
import { explained } from './sqlite/unusable.ts';

interface Lock {
  release(): void;
}

const serverLock = 'server.lock';

/**
 * Holds a data directory for one server; undefined when another process holds it. The lock is SQLite's own on
 * an empty database, so that the kernel drops it whatever way the process dies: no stale pid files.
 */
export function lockDataDir(dataDir: string): Lock | undefined {
  return lockFile(dataDir, serverLock, 'BEGIN EXCLUSIVE');
}

/** Whether a server holds a data directory; makes neither the folder nor the lock. */
export function isDataDirHeld(dataDir: string): boolean {
  if (!existsSync(join(dataDir, serverLock))) return false;
  const lock = lockDataDir(dataDir);
  lock?.release();
  return lock === undefined;
}

/**
 * Keeps the database where it is while it is in use: an SQLite file that is replaced under somebody leaves a journal
 * behind, which the next to open it works into the new one. Undefined while it is being replaced.
 */
export function keepDatabase(dataDir: string): Lock | undefined {
  // A transaction that has read holds SQLite's shared lock until it ends.
  return lockFile(dataDir, 'database.lock', 'BEGIN; SELECT count(*) FROM sqlite_master');
}

/**
 * The same of a database's file, for whoever is to open it.
 * @throws UserError while it is being replaced, and where only something beside it is left
 */
export function keepInPlace(file: string): Lock {
  const lock = keepDatabase(dirname(file));
  if (!lock) throw new UserError(`${file} is being replaced by \`legible restore\`; try again after that.`);
  const problem = remnantsProblem(file);
  if (problem === undefined) return lock;
  lock.release();
  throw new UserError(problem);
}

/** Keeps everybody else from the database while it is replaced; undefined while somebody uses it. */
export function claimDatabase(dataDir: string): Lock | undefined {
  return lockFile(dataDir, 'database.lock', 'BEGIN EXCLUSIVE');
}

function lockFile(dataDir: string, name: string, how: string): Lock | undefined {
  makeDataDir(dataDir);
  const file = join(dataDir, name);
  let held: Database.Database | undefined;
  try {
    const isThere = existsSync(file);
    held = new Database(file, { timeout: 0 });
    held.exec(how);
    if (!isThere) giveToOwnerOfFolder(file);
  } catch (error) {
    held?.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return undefined;
    throw explained(error, file);
  }
  const lock = held;
  return { release: () => void lock.close() };
}
