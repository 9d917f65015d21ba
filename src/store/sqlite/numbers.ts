import type { Database } from 'better-sqlite3';
import { openDatabase } from './connection.ts';

/** Whose rows are known outside by their numbers: tasks to clients, lines of the ledger to what reads `--json`. */
const numbered = ['task', 'entry'];

/**
 * What a lost database may have given out since its backup. Clients may keep a number in 32 bits: 2,147 losses fit in
 * these.
 */
const gap = 1_000_000;

/**
 * Lets the numbers of a draft go on after those that the database in whose place it comes has given out, and the others
 * that stood there before; `stood` is undefined where that is gone or damaged.
 */
export function goOnAfter(draft: string, stood: string | undefined, before: readonly string[]): void {
  const last = stood === undefined ? undefined : numbersOf(stood);
  const given = [last, ...before.map(numbersOf)];
  const database = openDatabase(draft);
  try {
    const own = numbersIn(database);
    for (const table of numbered) {
      const highest = Math.max(...[own, ...given].map((numbers) => numbers?.get(table) ?? 0));
      const next = { table, number: highest + (last === undefined ? gap : 0) };
      // SQLite's own table, which has no key, and no types: numbers come as floating-point ones.
      database.prepare('delete from sqlite_sequence where name = @table').run({ table });
      database.prepare('insert into sqlite_sequence values (@table, cast(@number as integer))').run(next);
    }
    // It is renamed without a journal.
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
}

/** Undefined where the file cannot be read. */
function numbersOf(file: string): Map<string, number> | undefined {
  try {
    const database = openDatabase(file, { readonly: true });
    try {
      return numbersIn(database);
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

/** The last number that each table has given out. */
function numbersIn(database: Database): Map<string, number> {
  const rows = database.prepare('select name, seq from sqlite_sequence').raw().all();
  return new Map(rows as [string, number][]);
}
