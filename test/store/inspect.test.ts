import Database from 'better-sqlite3';
import type pg from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { inspect } from '../../src/store/postgres/inspect.ts';
import { verifyBackup } from '../../src/store/sqlite/verify.ts';
import { afterEachTest, hold, noon, openAccount, postgresBooks, settled, sqliteBooks } from './engines.ts';

const cleanups = afterEachTest();
afterEach(() => void vi.useRealTimers());

const sound = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  data_sync_retry: 'off',
};

/** What doctor would show of a server with these settings, whose clock says so. */
async function inspected(over: Partial<typeof sound> = {}, now = noon) {
  vi.useFakeTimers({ now: noon, toFake: ['Date'] });
  const settings: Record<string, string> = { ...sound, ...over };
  const query = async (text: string, [name]: unknown[] = []) => {
    if (text.includes('server_version')) return { rows: [{ version: '17.2' }] };
    return { rows: typeof name === 'string' ? [{ value: settings[name] }] : [] };
  };
  return inspect({ query } as unknown as pg.Pool, async () => now);
}

const bad = async (...given: Parameters<typeof inspected>) =>
  (await inspected(...given)).filter(({ ok }) => !ok).map(({ name }) => name);

it('a PostgreSQL server that keeps what it has acknowledged is sound', async () => {
  expect(await bad()).toEqual([]);
  for (const value of ['local', 'remote_write', 'remote_apply'])
    expect(await bad({ synchronous_commit: value })).toEqual([]);
});

it.each([
  ['fsync', 'off', 'on'],
  ['full_page_writes', 'off', 'on'],
  ['synchronous_commit', 'off', 'on'],
  ['data_sync_retry', 'on', 'off'],
])('one whose %s is %s can lose commits', async (name, value, remedy) => {
  const found = (await inspected({ [name]: value })).filter(({ ok }) => !ok);
  const detail = `${name} is ${value}: set it to ${remedy} in postgresql.conf, or commits can be lost`;
  expect(found).toEqual([{ name, ok: false, detail }]);
});

it('its clock may be two seconds from that of this machine, either way', async () => {
  for (const off of [2_000, -2_000]) expect(await bad({}, noon + off)).toEqual([]);
  for (const off of [2_001, -2_001]) expect(await bad({}, noon + off)).toEqual(['clock']);
});

it('each of our tables that is gone or without its primary key is shown to doctor, and none of somebody else', async () => {
  const books = await postgresBooks(cleanups);
  const store = await books.open();
  const missing = async () => {
    const found = (await store.inspect()).find(({ name }) => name === 'primary keys')!;
    const [, list] = /^missing: (.*); restore/.exec(found.detail) ?? [];
    expect(found.ok).toBe(list === undefined);
    return list?.split(', ').sort() ?? [];
  };
  await books.sql('create table notes (text text)');
  expect(await missing()).toEqual([]);
  await books.sql('drop index entry_once');
  await books.sql('alter table api_key drop constraint api_key_hash_key');
  await books.sql('alter table task drop constraint task_id_key cascade');
  const indexes = ['api_key_hash_key', 'entry_once', 'task_id_key'];
  expect(await missing()).toEqual(indexes);
  await books.sql('drop table feedback cascade');
  expect(await missing()).toEqual([...indexes, 'feedback'].sort());

  const keyed = (await books.sql(
    `select conname as key, cast(conrelid::regclass as text) as table from pg_constraint
      where contype = 'p' and connamespace = 'public'::regnamespace and conname not like 'kysely%'`,
  )) as { key: string; table: string }[];
  for (const { key, table } of keyed) await books.sql(`alter table ${table} drop constraint ${key} cascade`);
  // All that the migrations have made.
  expect(await missing()).toEqual([...indexes, 'feedback', ...keyed.map(({ table }) => table)].sort());
});

it('a foreign key that is gone, or was never seen to hold, is shown to doctor', async () => {
  const books = await postgresBooks(cleanups);
  const store = await books.open();
  const keys = async () => (await store.inspect()).find(({ name }) => name === 'foreign keys');
  expect(await keys()).toMatchObject({ ok: true, detail: 'all there' });
  await books.sql('alter table api_key drop constraint api_key_account_id_fkey');
  await books.sql('alter table task drop constraint task_account_id_fkey');
  const again = 'alter table task add foreign key (account_id) references account (id) not valid';
  await books.sql(again);
  expect(await keys()).toMatchObject({
    ok: false,
    detail: 'missing: api_key to account, task to account; restore the last good dump',
  });
});

it.each([
  ['account', 'account_id'],
  ['package', 'package_id'],
])(
  'in a file, a key whose %s is not there is shown to doctor, and refused in a backup',
  async (parent, column) => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 0);
    const integrity = async () => (await store.inspect()).find(({ name }) => name === 'integrity');
    expect(await integrity()).toMatchObject({ ok: true, detail: 'ok' });
    const database = new Database(books.where);
    database.pragma('foreign_keys = off');
    database.exec(`update api_key set ${column} = 'none'`);
    database.close();
    const detail = `row 1 of api_key names no ${parent} that is there`;
    expect(await integrity()).toMatchObject({
      ok: false,
      detail: expect.stringMatching(`^${detail}: put a`),
    });
    await expect(verifyBackup(books.where, noon, 'the copy')).rejects.toThrow(
      `the copy is damaged: ${detail}`,
    );
  },
);

it('in a file, each part that is gone is shown to doctor, and a trigger that does something else', async () => {
  const books = await sqliteBooks(cleanups);
  const store = await books.open();
  const parts = async () => (await store.inspect()).find(({ name }) => name === 'parts');
  const database = new Database(books.where);
  cleanups.push(async () => void database.close());
  database.exec('create table notes (text text)');
  expect(await parts()).toMatchObject({ ok: true, detail: 'all there' });
  database.exec(`drop table feedback; drop index task_open; alter table idempotency drop column price;
    drop trigger entry_no_update; create trigger entry_no_update before update on entry begin select 1; end`);
  const gone = await parts();
  expect(gone?.ok).toBe(false);
  for (const part of ['feedback.at', 'feedback_at', 'task_open', 'idempotency.price', 'entry_no_update'])
    expect(gone?.detail).toContain(part);
  expect(gone?.detail).not.toContain('entry_no_delete');
});

it('of PostgreSQL’s tables a column or an index that is gone is shown to doctor', async () => {
  const books = await postgresBooks(cleanups);
  const store = await books.open();
  const parts = async () => (await store.inspect()).find(({ name }) => name === 'parts');
  expect(await parts()).toMatchObject({ ok: true, detail: 'all there' });
  await books.sql('drop index task_open');
  await books.sql('alter table idempotency drop column price');
  expect(await parts()).toMatchObject({
    ok: false,
    detail: 'missing: idempotency.price, task_open; restore the last good dump',
  });
});

it('numbers of PostgreSQL that would be given out again are shown to doctor', async () => {
  const books = await postgresBooks(cleanups);
  const store = await books.open();
  const numbers = async () => (await store.inspect()).find(({ name }) => name === 'numbers');
  expect(await numbers()).toMatchObject({ ok: true });
  await openAccount(store, 1_000);
  await store.reserve(hold());
  await store.release({ ...settled(), errorCode: 'ERROR_TASK_TIMEOUT', errorDetail: null });
  expect(await numbers()).toMatchObject({ ok: true });
  // As logical replication leaves them.
  await books.sql(`select setval('entry_number_seq', 1)`);
  expect(await numbers()).toMatchObject({
    ok: false,
    detail: 'those of entry would be given out again: set the sequence beyond them',
  });
});
