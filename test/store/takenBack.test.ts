import pg from 'pg';
import { expect, it } from 'vitest';
import { start } from '../../src/store/operations.ts';
import { executor } from '../../src/store/postgres/connection.ts';
import { drive } from '../../src/store/postgres/group.ts';
import { afterEachTest, hold, noon, openAccount, postgresBooks, released } from './engines.ts';

const cleanups = afterEachTest();

it('a release that names the account waits for a hold whose commit is under way, and gives it back', async () => {
  const books = await postgresBooks(cleanups);
  const store = await books.open();
  await openAccount(store, 1_000);
  const stalled = new pg.Client(books.where);
  cleanups.push(() => stalled.end());
  await stalled.connect();
  const execute = executor();
  await stalled.query('begin');
  await drive(start({ name: 'reserve', args: [hold(), 'node'] }), (ask) => execute(stalled, ask));

  const release = store.release(released('task-1', { accountId: 'alice' }));
  const waiting =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  await expect.poll(() => books.sql(waiting)).toHaveLength(1);
  await stalled.query('commit');
  expect(await release).toBe(true);
  expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
  expect(await store.audit(noon)).toEqual([]);
});
