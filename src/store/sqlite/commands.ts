import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { syncToDisk } from '../../disk.ts';

/** What the thread does outside any transaction. */
export const commands = { backup, integrity, durability, close };

export interface Command {
  command: keyof typeof commands;
  file?: string;
}

/** Copies one state of the database, without its journal, to a file that appears only when it is whole and on the disk. */
function backup(database: Database, file = ''): void {
  const draft = `${file}.part`;
  rmSync(draft, { force: true });
  try {
    database.prepare('VACUUM INTO ?').run(draft);
    syncToDisk(draft);
    renameSync(draft, file);
  } finally {
    // Of a disk that has run full it would hold what is left.
    rmSync(draft, { force: true });
  }
  syncToDisk(dirname(file));
}

/** `ok`, or what is broken. */
function integrity(database: Database): string {
  const found = database.pragma('integrity_check(10)') as { integrity_check: string }[];
  return found.map((row) => row.integrity_check).join('; ');
}

export interface Durability {
  journal: string;
  synchronous: number;
  foreignKeys: number;
}

function durability(database: Database): Durability {
  const setting = (name: string) => database.pragma(name, { simple: true });
  return {
    journal: String(setting('journal_mode')),
    synchronous: Number(setting('synchronous')),
    foreignKeys: Number(setting('foreign_keys')),
  };
}

/** Without `PRAGMA optimize`: statistics of a database with one key in it make the planner scan the keys ever after. */
function close(database: Database): void {
  database.close();
}
