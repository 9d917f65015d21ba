import { join } from 'node:path';
import Database from 'better-sqlite3';
import { makeDataDir } from '../dataDir.ts';
import { explained } from './sqlite/unusable.ts';

export interface Lock {
  release(): void;
}

/**
 * Holds a data directory for one server; undefined when another process holds it. The lock is SQLite's own on
 * an empty database, so that the kernel drops it whatever way the process dies: no stale pid files.
 */
export function lockDataDir(dataDir: string): Lock | undefined {
  makeDataDir(dataDir);
  const file = join(dataDir, 'server.lock');
  let held: Database.Database | undefined;
  try {
    held = new Database(file, { timeout: 0 });
    held.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    held?.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return undefined;
    throw explained(error, file);
  }
  const lock = held;
  return { release: () => void lock.close() };
}
