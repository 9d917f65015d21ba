import { existsSync, realpathSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type Ask, compilerFor, type Told } from '../statement.ts';
import { isDamage } from './unusable.ts';

/** What a batch needs of a database: the seam at which tests let the disk fail. */
export interface Connection {
  execute(ask: Ask): Told;
  begin(): void;
  commit(): void;
  /** Does nothing where SQLite has rolled back by itself, as it does when the disk is full. */
  rollback(): void;
}

interface OpenOptions {
  readonly?: boolean;
}

/**
 * Opens a database for money: every commit reaches the disk before it returns (`synchronous=FULL`). The
 * journal's mode is kept in the file, so that a reader need not set it.
 */
export function openDatabase(file: string, { readonly = false }: OpenOptions = {}): Database.Database {
  if (readonly) rollBackHalf(file);
  else refuseDamaged(file);
  const database = new Database(file, { readonly, timeout });
  try {
    if (!readonly) database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // 16 MiB between checkpoints: each costs two fsyncs and writes every page that changed once.
    database.pragma('wal_autocheckpoint = 4000');
    database.pragma('journal_size_limit = 67108864');
    database.pragma('cache_size = -65536');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const timeout = 5_000;

/** Takes back half a commit, which a restore that was cut off may have left: whoever only reads cannot. */
function rollBackHalf(file: string): void {
  if (!existsSync(file)) return;
  const journal = `${realpathSync(file)}-journal`;
  if (!existsSync(journal)) return;
  openDatabase(file).close();
  // What is left of it then holds nothing.
  rmSync(journal, { force: true });
}

/**
 * Whoever could write to a damaged file would, as the last to close it, work its journal in, and remove that.
 * @throws Error of SQLite that says so
 */
function refuseDamaged(file: string): void {
  if (!existsSync(file)) return;
  let looking: Database.Database | undefined;
  try {
    looking = new Database(file, { readonly: true, timeout });
    looking.prepare('select count(*) from sqlite_master').get();
  } catch (error) {
    // What else keeps it from being read, whoever may write is told by its own opening, or mends.
    if (isDamage(error)) throw error;
  } finally {
    looking?.close();
  }
}

/** Prepares each statement once and keeps it. */
export function connect(database: Database.Database): Connection {
  const compile = compilerFor('sqlite');
  const prepared = new Map<Ask['statement'], (values: Ask['values']) => Told>();
  // Immediate: a transaction that reads first and writes later is refused at once when another process has
  // written in between, whatever the timeout says.
  const begin = database.prepare(database.readonly ? 'BEGIN' : 'BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollback = database.prepare('ROLLBACK');

  function prepare(query: Ask['statement']): (values: Ask['values']) => Told {
    const { sql, bind } = compile(query);
    const one = database.prepare(sql);
    if (!one.reader) return (values) => ({ rows: [], changes: one.run(...bind(values)).changes });
    const writes = !one.readonly;
    return (values) => {
      const rows = one.all(...bind(values));
      return { rows, changes: writes ? rows.length : 0 };
    };
  }

  return {
    execute({ statement, values }) {
      let run = prepared.get(statement);
      if (run === undefined) {
        run = prepare(statement);
        prepared.set(statement, run);
      }
      return run(values);
    },
    begin: () => void begin.run(),
    commit: () => void commit.run(),
    rollback: () => {
      if (database.inTransaction) rollback.run();
    },
  };
}
