import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { afterEachTest, noon, openAccount, postgresBooks, sqliteBooks, type TestStore } from './engines.ts';

const cleanups = afterEachTest();

async function list(store: TestStore): Promise<number[]> {
  const [keys, accounts, bans, alice] = await Promise.all([
    store.listKeys(),
    store.listAccounts(),
    store.listBans(noon),
    store.findAccount('alice'),
  ]);
  return [keys.length, accounts.length, bans.length, alice === undefined ? 0 : 1];
}

describe('lists for the operator', () => {
  it('take no lock of a SQLite file, and wait for nobody who has it', async () => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 0);
    const writer = new Database(books.where);
    cleanups.push(() => writer.close());
    writer.exec('begin immediate');
    expect(await list(store)).toEqual([1, 1, 0, 1]);
    writer.exec('rollback');
  });

  it('may take PostgreSQL longer than a request waits', async () => {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 0);
    const other = new pg.Client({ connectionString: books.where });
    await other.connect();
    cleanups.push(() => other.end());
    await other.query('begin; lock table api_key, account, ban in access exclusive mode');
    const listed = list(store);
    await sleep(1_500);
    await other.query('rollback');
    expect(await listed).toEqual([1, 1, 0, 1]);
  });
});
