import { describe, expect, it } from 'vitest';
import { type Call, start } from '../../src/store/operations.ts';
import { connect, openDatabase } from '../../src/store/sqlite/connection.ts';
import { compilerFor } from '../../src/store/statement.ts';
import { afterEachTest, hold, newKey, noon, openAccount, released, settled, sqliteBooks } from './engines.ts';

/** What runs for every request or every second must not read whole tables that grow with the tasks. */
const calls: Call[] = [
  { name: 'findPrincipal', args: ['hash-alice'] },
  { name: 'reserve', args: [hold({ dailyCap: 1_000_000 }), 'node'] },
  { name: 'poll', args: [{ taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 120 }] },
  { name: 'savePolls', args: [[{ taskId: 'task-1', polls: 3 }]] },
  { name: 'settle', args: [settled()] },
  { name: 'reserve', args: [hold({ taskId: 'task-2' }), 'node'] },
  { name: 'release', args: [released('task-2')] },
  { name: 'reserve', args: [hold({ taskId: 'task-3', callbackUrl: 'https://site.example/' }), 'node'] },
  { name: 'settle', args: [settled('task-3')] },
  { name: 'sweep', args: [noon + 120_000] },
  { name: 'take', args: ['node', { now: noon, busyAccounts: ['bob'] }] },
  { name: 'listPackages', args: ['alice', noon] },
  { name: 'endedAmong', args: [['task-1']] },
  {
    name: 'reserve',
    args: [
      hold({ taskId: 'task-4', idempotency: { name: 'n', fingerprint: 'f', expiresAt: noon + 1 } }),
      'node',
    ],
  },
  {
    name: 'takeCallback',
    args: [{ now: noon, lostAt: noon + 1, busyHosts: [], busyKeys: [], busyPairs: [] }],
  },
  { name: 'readAccount', args: ['alice'] },
  {
    name: 'saveBan',
    args: [{ kind: 'address', subject: '192.0.2.1', since: noon, until: noon + 1, count: 1 }],
  },
  { name: 'banChanges', args: [0] },
  { name: 'banChanges', args: [1] },
  { name: 'liftBan', args: ['address', '192.0.2.1'] },
];

describe('in SQLite', () => {
  const cleanups = afterEachTest();

  it('no query of a request or of the sweep scans a table', async () => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 1_000_000);
    await store.close();
    const database = openDatabase(books.where);
    cleanups.push(() => database.close());
    const connection = connect(database);
    const compile = compilerFor('sqlite');
    const scans: string[] = [];
    for (const call of calls) {
      const operation = start(call);
      let step = operation.next();
      while (!step.done) {
        const { sql, bind } = compile(step.value.statement);
        const plan = database.prepare(`explain query plan ${sql}`).all(...bind(step.value.values));
        for (const { detail } of plan as { detail: string }[])
          if (/^SCAN (?!json_each)/.test(detail)) scans.push(`${call.name}: ${detail} in ${sql}`);
        step = operation.next(connection.execute(step.value));
      }
    }
    expect(scans).toEqual([]);
  });

  it('a start reads no list of keys or accounts, however many there are', async () => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    for (const id of ['alice', 'bob', 'carol']) await openAccount(store, 0, id);
    await store.close();
    const database = openDatabase(books.where);
    cleanups.push(() => database.close());
    const connection = connect(database);
    const asked: Call[] = [
      { name: 'hasKeys', args: [] },
      { name: 'keptPepper', args: [] },
      { name: 'keepPepper', args: ['fingerprint'] },
      { name: 'welcome', args: [{ id: 'play', name: 'play', now: noon }, newKey(), 'fingerprint'] },
    ];
    for (const call of asked) {
      const operation = start(call);
      let step = operation.next();
      while (!step.done) {
        const told = connection.execute(step.value);
        expect(told.rows.length, call.name).toBeLessThanOrEqual(1);
        step = operation.next(told);
      }
    }
  });
});
