import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, inject } from 'vitest';
import { type StoreAdmin, unlimited, type Violation } from '../../src/store/admin.ts';
import type { Engine, EngineEvents } from '../../src/store/engine.ts';
import { databaseFile, openStore, type StoreOptions } from '../../src/store/open.ts';
import { audit } from '../../src/store/operations/audit.ts';
import { executor, openPatientPool } from '../../src/store/postgres/connection.ts';
import { openPostgres } from '../../src/store/postgres/engine.ts';
import { connect } from '../../src/store/sqlite/connection.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import type { Ask, Operation, Told } from '../../src/store/statement.ts';
import type { Store } from '../../src/store/store.ts';
import { hold, noon } from './hold.ts';
import { query } from './setup/query.ts';

export { hold, noon };

export type TestStore = Store & StoreAdmin;

interface AuditOptions {
  now?: number;
  whole?: boolean;
  /** Is given what each query of the audit answers. */
  onTold?: (rows: unknown[]) => void;
}

export interface Books {
  engine: 'sqlite' | 'postgres';
  /** Opens a store on the books; a second one is a second process to the first. */
  open(options?: StoreOptions): Promise<TestStore>;
  /** The engine alone, for operations that a store keeps to itself. */
  openEngine(): Promise<Engine>;
  /** Runs SQL behind the store's back. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** What the audit finds after a change that is then taken back, made past SQLite's CHECKs. */
  auditAfter(changes: string[], options?: AuditOptions): Promise<Violation[]>;
  /** Books that start as these are now; nothing may be open on these. */
  copy(): Promise<Books>;
  /** The SQLite file, or the PostgreSQL address. */
  where: string;
}

/** What is put here is called after each test, the last first. */
export function afterEachTest(): (() => unknown)[] {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return cleanups;
}

/** Runs the same tests on fresh books of either engine; what a test opened is closed after it. */
export function onEachEngine(name: string, tests: (makeBooks: () => Promise<Books>) => void): void {
  describe.each(['sqlite', 'postgres'] as const)(`${name} on %s`, (engine) => {
    const cleanups = afterEachTest();
    tests(() => (engine === 'sqlite' ? sqliteBooks(cleanups) : postgresBooks(cleanups)));
  });
}

export async function sqliteBooks(cleanups: (() => unknown)[], like?: string): Promise<Books> {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-store-'));
  cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const where = databaseFile(dataDir);
  if (like !== undefined) copyFileSync(like, where);
  return {
    engine: 'sqlite',
    where,
    copy: () => sqliteBooks(cleanups, where),
    async open(options = {}) {
      const store = await openStore({ dataDir, databaseUrl: undefined }, { onFatal: unexpected, ...options });
      cleanups.push(() => store.close());
      return store;
    },
    async openEngine() {
      const engine = await openSqlite(where, silent);
      cleanups.push(() => engine.close());
      return engine;
    },
    async auditAfter(changes, { now = noon, onTold, ...options } = {}) {
      const database = new Database(where);
      database.pragma('ignore_check_constraints = on');
      const connection = connect(database);
      try {
        connection.begin();
        for (const text of changes) database.exec(text);
        return await drive(audit(now, options), (ask) => connection.execute(ask), onTold);
      } finally {
        database.close();
      }
    },
    async sql(text) {
      const database = new Database(where);
      try {
        const prepared = database.prepare(text);
        if (prepared.reader) return prepared.all() as Record<string, unknown>[];
        prepared.run();
        return [];
      } finally {
        database.close();
      }
    },
  };
}

export async function postgresBooks(cleanups: (() => unknown)[], like = 'template1'): Promise<Books> {
  const server = inject('postgresUrl');
  const name = `t${randomBytes(6).toString('hex')}`;
  await query(server, `create database ${name} template ${like}`);
  cleanups.push(() => query(server, `drop database ${name} with (force)`));
  const where = server.replace(/postgres$/, name);
  return {
    engine: 'postgres',
    where,
    copy: () => postgresBooks(cleanups, name),
    async open(options = {}) {
      const store = await openStore({ dataDir: '', databaseUrl: where }, { onFatal: unexpected, ...options });
      cleanups.push(() => store.close());
      return store;
    },
    async openEngine() {
      const engine = await openPostgres(where, silent);
      cleanups.push(() => engine.close());
      return engine;
    },
    async auditAfter(changes, { now = noon, onTold, ...options } = {}) {
      const pool = openPatientPool(where);
      const client = await pool.connect();
      const execute = executor();
      try {
        await client.query('BEGIN');
        for (const text of changes) await client.query(text);
        return await drive(audit(now, options), (ask) => execute(client, ask), onTold);
      } finally {
        client.release(true);
        await pool.end();
      }
    },
    sql: (text) => query(where, text),
  };
}

async function drive<T>(
  operation: Operation<T>,
  execute: (ask: Ask) => Told | Promise<Told>,
  onTold: (rows: unknown[]) => void = () => {},
): Promise<T> {
  let step = operation.next();
  while (!step.done) {
    const told = await execute(step.value);
    onTold(told.rows);
    step = operation.next(told);
  }
  return step.value;
}

export const silent: EngineEvents = { committed() {}, fatal: unexpected };

function unexpected(error: Error): void {
  throw error;
}

export const dayMs = 86_400_000;

interface Undoing {
  name: string;
  undo: string[];
}

/** What makes tables of this release those of before a migration: the latest first. */
const undoings: [Undoing, ...Undoing[]] = [
  {
    name: '0015-request-price',
    // It has done nothing where 0006 had given the column.
    undo: ["delete from kysely_migration where name = '0015-request-price'"],
  },
  {
    name: '0014-callback-pairs',
    undo: [
      'drop index callback_due',
      'create index callback_due on callback (due_at, host)',
      "delete from kysely_migration where name = '0014-callback-pairs'",
    ],
  },
  {
    name: '0013-ban-changes',
    undo: [
      'drop index ban_until',
      'drop index ban_changed',
      'alter table ban drop column changed',
      "delete from fact where name = 'bans changed'",
      "delete from kysely_migration where name = '0013-ban-changes'",
    ],
  },
];

export const [lastMigration] = undoings;

/** What makes tables of this release those of before the migration of this name. */
export function undoneBefore(name: string): string[] {
  const count = undoings.findIndex((undoing) => undoing.name === name) + 1;
  return undoings.slice(0, count).flatMap(({ undo }) => undo);
}

/** An account with money and a key. */
export async function openAccount(store: TestStore, amount: number, id = 'alice'): Promise<void> {
  await store.createAccount({ id, name: id, now: noon });
  if (amount > 0) await store.topUp({ accountId: id, amount, note: 'test', now: noon });
  await store.createKey(newKey({ id: `key-${id}`, accountId: id, hash: `hash-${id}` }));
}

/** Accounts with a task each, called as they are, that is under way. */
export async function openAtWork(store: TestStore, ...names: string[]): Promise<void> {
  for (const name of names) {
    await openAccount(store, 1_000, name);
    await store.reserve(hold({ taskId: name, accountId: name, keyId: `key-${name}` }));
  }
}

export function newKey(over: Partial<Parameters<StoreAdmin['createKey']>[0]> = {}) {
  return {
    id: 'key-alice',
    accountId: 'alice',
    packageId: null,
    hash: 'hash-alice',
    hint: 'lgl_abc…xyz',
    label: '',
    ...unlimited,
    now: noon,
    ...over,
  };
}

export function newPackage(over: Partial<Parameters<StoreAdmin['createPackage']>[0]> = {}) {
  return {
    id: 'plan',
    accountId: 'alice',
    title: 'Plan',
    type: 1,
    rateLimit: null,
    concurrency: null,
    calls: 10,
    expiresAt: null,
    now: noon,
    ...over,
  };
}

export const settled = (taskId = 'task-1', over = {}) => ({
  taskId,
  lease: 1,
  solution: '{"text":"abc"}',
  now: noon + 1_000,
  ...over,
});

export const released = (taskId = 'task-1', over = {}) => ({
  taskId,
  lease: 1,
  errorCode: 'ERROR_CAPTCHA_UNSOLVABLE' as const,
  errorDetail: null,
  now: noon + 1_000,
  ...over,
});
