import type pg from 'pg';
import { expect, it } from 'vitest';
import { createLanes } from '../../src/store/postgres/lanes.ts';
import { noon, silent } from './engines.ts';

/** Lanes to a database that answers each query after `tripMs`, which may be changed, and what their transactions did. */
function lanesTo(database: { tripMs: number; commitMs?: number }, connections = 4) {
  let now = 0;
  /** The queries of each transaction, without its beginning, and for how long it held its locks until its commit. */
  const transactions: { queries: number; heldMs: number }[] = [];
  let queries = 0;
  let lockedAt = 0;
  const client = {
    async query(asked: string | { text: string }) {
      now += database.tripMs;
      const text = typeof asked === 'string' ? asked : asked.text;
      if (text.startsWith('BEGIN')) queries = 0;
      else if (text.includes('for update')) lockedAt = now;
      else if (text === 'COMMIT') {
        transactions.push({ queries, heldMs: now - database.tripMs - lockedAt });
        now += database.commitMs ?? 0;
      } else queries++;
      return { rows: [{ now: noon }], rowCount: 1, command: 'SELECT' };
    },
    release() {},
  };
  const pool = { connect: async () => client } as unknown as pg.Pool;
  const lanes = createLanes(pool, connections, silent, { elapsed: () => now });
  return {
    lanes,
    transactions,
    /** Asks for results of tasks of one account, all at once. */
    async poll(count: number) {
      transactions.length = 0;
      const query = { taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 9 };
      await Promise.all(Array.from({ length: count }, () => lanes.call({ name: 'poll', args: [query] })));
      return transactions;
    },
  };
}

it.each([4, 8, 30])(
  'calls of one account lock it for about 100 ms at a time, %d ms from the database',
  async (tripMs) => {
    const { poll } = lanesTo({ tripMs });
    const held = (await poll(500)).slice(2).map(({ heldMs }) => heldMs);
    expect(Math.max(...held)).toBeLessThanOrEqual(100 + tripMs);
    expect(Math.max(...held)).toBeGreaterThan(50);
  },
);

it('near the database 32 of them share a transaction, soon again after it was slow', async () => {
  const database = { tripMs: 0.1 };
  const { poll } = lanesTo(database);
  const largest = async () => Math.max(...(await poll(1_000)).map(({ queries }) => queries));
  expect(await largest()).toBe(32);
  database.tripMs = 110;
  await poll(100);
  expect((await poll(10)).map(({ queries }) => queries)).toEqual(Array(10).fill(1));
  database.tripMs = 0.1;
  expect(await largest()).toBe(32);
});

it('they share a transaction all the more where each commit takes long', async () => {
  const { poll } = lanesTo({ tripMs: 0.1, commitMs: 300 });
  expect(Math.max(...(await poll(1_000)).map(({ queries }) => queries))).toBe(32);
});

it('one that is slow by itself halves how many share the next', async () => {
  const database = { tripMs: 0.1 };
  const { poll } = lanesTo(database);
  await poll(1_000);
  database.tripMs = 110;
  await poll(1);
  database.tripMs = 0.1;
  expect((await poll(32)).map(({ queries }) => queries)).toEqual([16, 16]);
});

it('a sweep that takes long parts none of them', async () => {
  const database = { tripMs: 0.1 };
  const { poll, lanes } = lanesTo(database);
  await poll(1_000);
  database.tripMs = 200;
  await lanes.call({ name: 'time', args: [] });
  await lanes.call({ name: 'endOverdueOf', args: [{ accountId: 'alice', since: 0, now: noon }] });
  database.tripMs = 0.1;
  expect((await poll(32)).map(({ queries }) => queries)).toEqual([32]);
});

it('what runs alone, as the sign of life does, comes before all that may have to wait for an account', async () => {
  const { lanes, poll } = lanesTo({ tripMs: 0.1 }, 1);
  const answered: string[] = [];
  const polled = poll(500).then(() => answered.push('500 polls'));
  const beat = lanes.call({ name: 'beat', args: ['node'] }).then(() => answered.push('beat'));
  await Promise.all([polled, beat]);
  expect(answered).toEqual(['beat', '500 polls']);
});
