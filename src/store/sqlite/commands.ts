import type { Database } from 'better-sqlite3';
import { syncToDisk } from '../../disk.ts';
import { shapeOf } from './shape.ts';

/** What the thread does outside any transaction. */
export const commands = { backup, integrity, shape: shapeOf, durability, close };

export interface Command {
  command: keyof typeof commands;
  file?: string;
}

/** Copies one state of the database, without its journal, to a file that must not be there yet, and onto the disk. */
function backup(database: Database, file = ''): void {
  database.prepare('VACUUM INTO ?').run(file);
  syncToDisk(file);
}

/** How many broken things are named. */
const mostNamed = 10;

/** `ok`, or what is broken. */
function integrity(database: Database): string {
  const found = database.pragma(`integrity_check(${mostNamed})`) as { integrity_check: string }[];
  const checked = found.map((row) => row.integrity_check).join('; ');
  return checked === 'ok' ? (danglingRows(database) ?? checked) : checked;
}

/** Rows that name others which are not there: SQLite keeps them out only of connections that ask for it. */
function danglingRows(database: Database): string | undefined {
  const found = database.prepare(
    'select "table" as child, rowid, parent from pragma_foreign_key_check limit ?',
  );
  const rows = found.all(mostNamed) as { child: string; rowid: number; parent: string }[];
  if (rows.length === 0) return undefined;
  return rows
    .map(({ child, rowid, parent }) => `row ${rowid} of ${child} names no ${parent} that is there`)
    .join('; ');
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
