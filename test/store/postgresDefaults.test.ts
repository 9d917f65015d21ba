import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { openPatientPool } from '../../src/store/postgres/connection.ts';
import { afterEachTest, hold, noon, openAccount, postgresBooks, settled } from './engines.ts';

describe('a PostgreSQL whose owner has set defaults of his own', () => {
  const cleanups = afterEachTest();

  /** Books in a database of such defaults, which connections made from then on have. */
  async function booksWith(defaults: Record<string, string>) {
    const books = await postgresBooks(cleanups);
    const owner = new pg.Client({ connectionString: books.where });
    await owner.connect();
    const name = new URL(books.where).pathname.slice(1);
    for (const [setting, value] of Object.entries(defaults))
      await owner.query(`alter database ${name} set ${setting} = '${value}'`);
    await owner.end();
    return books;
  }

  it.each(['repeatable read', 'serializable'])('moves money under %s', async (level) => {
    const { where } = await booksWith({ default_transaction_isolation: level });
    const stores = await Promise.all([1, 2].map(() => openStore({ dataDir: '', databaseUrl: where })));
    for (const store of stores) cleanups.push(() => store.close());
    const accounts = ['alice', 'bob', 'carol', 'dave'];
    for (const name of accounts) await openAccount(stores[0]!, 1_000_000, name);
    const ended = Array.from({ length: 120 }, async (_, i) => {
      const accountId = accounts[i % accounts.length]!;
      const store = stores[i % 8 < 4 ? 0 : 1]!;
      await store.reserve(hold({ taskId: `task-${i}`, accountId, keyId: `key-${accountId}` }));
      return store.settle(settled(`task-${i}`));
    });
    expect(await Promise.all(ended)).toEqual(ended.map(() => true));
    expect(await stores[0]!.audit(noon)).toEqual([]);
  });

  it('cuts off nothing that may take long', async () => {
    const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const { where } = await booksWith(Object.fromEntries(limits.map((limit) => [limit, '1'])));
    const patient = openPatientPool(where);
    cleanups.push(() => patient.end());
    const { rows } = await patient.query(
      "select setting from pg_settings, pg_sleep(0.02) where name like '%_timeout' and name = any($1)",
      [limits],
    );
    expect(rows).toEqual(limits.map(() => ({ setting: '0' })));
  });
});
