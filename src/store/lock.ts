import { join } from 'node:path';
import Database from 'better-sqlite3';
import { makeDataDir } from '../dataDir.ts';

export interface Lock {
  release(): void;
}

/**
 * Holds a data directory for one server; undefined when another process holds it. The lock is SQLite's own on
 * an empty database, so that the kernel drops it whatever way the process dies: no stale pid files.
 */
export function lockDataDir(dataDir: string): Lock | undefined {
  makeDataDir(dataDir);
  const database = new Database(join(dataDir, 'server.lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return undefined;
    throw error;
  }
  return { release: () => database.close() };
}
