import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { hold, newKey } from '../store/engines.ts';
import { scratch, startServer } from './server.ts';

it('a server starts though a task of a dead one cannot be ended, refunds the others, and names it and doctor', async () => {
  const dataDir = scratch();
  await (await startServer({ LEGIBLE_DATA_DIR: dataDir })).stop();
  const store = await openStore({ dataDir, databaseUrl: undefined });
  const now = Date.now();
  await store.createAccount({ id: 'alice', name: 'alice', now, balance: { amount: 10_000, note: '' } });
  await store.createKey(newKey());
  for (const taskId of ['good', 'bad', 'fine'])
    await store.reserve(
      hold({ taskId, now: now - 300_000, deadline: now - 180_000, expiresAt: now + 600_000 }),
    );
  await store.close();
  const database = new Database(databaseFile(dataDir));
  database.exec("update task set price = 5000 where id = 'bad'");

  const server = await startServer({ LEGIBLE_DATA_DIR: dataDir });
  const open = database.prepare("select id from task where state in ('queued', 'running')").pluck().all();
  database.close();
  expect(open).toEqual(['bad']);
  const errors = server
    .logged()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'));
  expect(errors.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      taskId: 'bad',
      accountId: 'alice',
      msg: expect.stringContaining('legible doctor'),
      err: expect.objectContaining({ message: expect.stringContaining('account_bears_its_holds') }),
    }),
  ]);
});
