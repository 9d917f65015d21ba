import fc from 'fast-check';
import type pg from 'pg';
import { expect, it } from 'vitest';
import type { Call } from '../../src/store/operations.ts';
import { executor, openPatientPool } from '../../src/store/postgres/connection.ts';
import { runGroup } from '../../src/store/postgres/group.ts';
import { runBatch } from '../../src/store/sqlite/batch.ts';
import { type Connection, connect, openDatabase } from '../../src/store/sqlite/connection.ts';
import {
  type Books,
  hold,
  newKey,
  newPackage,
  noon,
  onEachEngine,
  openAccount,
  released,
  settled,
} from './engines.ts';
import { Reference } from './reference.ts';

/** A process dies before its n-th query, before or after its commit; after it, nobody learns the answers. */
type Crash = number | 'beforeCommit' | 'afterCommit';

interface Process {
  /** The answers, or undefined when it died. */
  run(calls: Call[], crash: Crash | undefined): Promise<unknown[] | undefined>;
  end(): Promise<void>;
}

class Died extends Error {}

/** Counts the queries of one batch, and dies when it is time. */
function mortal(crash: Crash | undefined) {
  let queries = 0;
  return {
    beforeQuery() {
      if (queries++ === crash) throw new Died();
    },
    beforeCommit() {
      if (crash === 'beforeCommit') throw new Died();
    },
    afterCommit() {
      if (crash === 'afterCommit') throw new Died();
    },
  };
}

function sqliteProcess(file: string): Process {
  const database = openDatabase(file);
  const connection = connect(database);
  return {
    async run(calls, crash) {
      const fate = mortal(crash);
      let isDead = false;
      const living = <Args extends unknown[], T>(action: (...args: Args) => T) => {
        return (...args: Args): T => {
          if (isDead) throw new Died();
          try {
            return action(...args);
          } catch (error) {
            isDead ||= error instanceof Died;
            throw error;
          }
        };
      };
      const failing: Connection = {
        begin: living(connection.begin),
        execute: living((ask) => {
          fate.beforeQuery();
          return connection.execute(ask);
        }),
        commit: living(() => {
          fate.beforeCommit();
          connection.commit();
          fate.afterCommit();
        }),
        rollback: living(connection.rollback),
      };
      const { answers } = runBatch(failing, calls);
      if (isDead) return undefined;
      return answers.map((answer) => {
        if ('error' in answer) throw new Error(answer.error.message);
        return answer.value;
      });
    },
    async end() {
      database.close();
    },
  };
}

async function postgresProcess(url: string): Promise<Process> {
  const pool = openPatientPool(url);
  const client = await pool.connect();
  client.on('error', () => {});
  const execute = executor();
  return {
    async run(calls, crash) {
      const fate = mortal(crash);
      const failing = {
        async query(text: string) {
          if (text === 'COMMIT') fate.beforeCommit();
          const result = await client.query(text);
          if (text === 'COMMIT') fate.afterCommit();
          return result;
        },
      } as unknown as pg.ClientBase;
      try {
        const { values } = await runGroup(
          failing,
          (_, ask) => {
            fate.beforeQuery();
            return execute(client, ask);
          },
          calls,
        );
        return values;
      } catch (error) {
        if (error instanceof Died) return undefined;
        throw error;
      }
    },
    async end() {
      client.release(true);
      await pool.end();
    },
  };
}

const minute = 60_000;
const day = 24 * 60 * minute;
const accounts = ['alice', 'bob'] as const;
const account = fc.constantFrom(...accounts);
/** Few ids, so that tasks are ended twice, polled after their end, and asked for by others. */
const task = fc.integer({ min: 0, max: 14 });
const lease = fc.constantFrom(1, 1, 1, 2, 3);

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve'),
      account,
      price: fc.integer({ min: 0, max: 900 }),
      cap: fc.option(fc.integer({ min: 0, max: 2_000 })),
      isLater: fc.boolean(),
      isOfPackage: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle'), task, lease }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release'), task, lease }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('poll'), task, account }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take'), busyAccounts: fc.subarray([...accounts]) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('topUp'),
      account,
      amount: fc.integer({ min: -800, max: 800 }).filter((n) => n !== 0),
    }),
  },
);

const step = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 6 }),
  crash: fc.option(
    fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom<Crash>('beforeCommit', 'afterCommit')),
    { freq: 4, nil: undefined },
  ),
  // Mostly seconds; sometimes the clock is set, back and forth, over deadlines and midnights.
  tick: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(-60 * minute, 60 * minute, -day, day, -2 * day) },
  ),
});

onEachEngine('any history', (makeBooks) => {
  it('of operations, crashes and clock steps leaves the books as the reference has them', async () => {
    const blank = await makeBooks();
    const store = await blank.open();
    for (const id of accounts) await openAccount(store, 3_000, id);
    await store.createPackage(newPackage({ calls: 3 }), newKey({ id: 'p', hash: 'p', packageId: 'plan' }));
    await store.close();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (history) => {
        await play(await blank.copy(), history);
      }),
      { numRuns: blank.engine === 'sqlite' ? 150 : 30 },
    );
  }, 300_000);
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(books: Books, history: Step[]): Promise<void> {
  const open = () => (books.engine === 'sqlite' ? sqliteProcess(books.where) : postgresProcess(books.where));
  let process = await open();
  let reference = new Reference([...accounts], 3_000, 3);
  let incarnation = 0;
  let now = noon;
  let nextTask = 0;

  function callOf(wanted: Step['actions'][number]): Call {
    const node = `node-${incarnation}`;
    switch (wanted.do) {
      case 'reserve': {
        const { account: accountId, price, cap, isLater } = wanted;
        const isOfPackage = wanted.isOfPackage && accountId === 'alice';
        const reserved = hold({
          taskId: `task-${nextTask++}`,
          accountId,
          keyId: `key-${accountId}`,
          packageId: isOfPackage ? 'plan' : null,
          price: isOfPackage ? 0 : price,
          dailyCap: cap,
          state: isLater ? 'queued' : 'running',
          payload: isLater ? '{}' : null,
          now,
          // Each its own, so that which task is due first is no matter of chance.
          deadline: now + 2 * minute + nextTask,
        });
        return { name: 'reserve', args: [reserved, node] };
      }
      case 'settle':
        return { name: 'settle', args: [settled(`task-${wanted.task}`, { lease: wanted.lease, now })] };
      case 'release':
        return { name: 'release', args: [released(`task-${wanted.task}`, { lease: wanted.lease, now })] };
      case 'poll': {
        const query = { taskId: `task-${wanted.task}`, accountId: wanted.account, now, maxPolls: 2 };
        return { name: 'poll', args: [query] };
      }
      case 'take':
        return { name: 'take', args: [node, { now, busyAccounts: wanted.busyAccounts }] };
      case 'sweep':
        return { name: 'sweep', args: [now] };
      case 'topUp': {
        const payment = { accountId: wanted.account, amount: wanted.amount, note: '', now };
        return { name: 'topUp', args: [payment] };
      }
    }
  }

  try {
    for (const { actions, crash, tick } of history) {
      now += tick;
      const calls = actions.map(callOf);
      const answers = await process.run(calls, crash);
      // A batch that died before its commit has not been; one that died after it has, and nobody knows.
      const applied = reference.copy();
      const expected = calls.map((call) => applied.apply(call));
      if (answers !== undefined || crash === 'afterCommit') reference = applied;
      if (answers !== undefined) expect(answers).toMatchObject(expected as object[]);
      else {
        await process.end();
        process = await open();
        incarnation++;
        const repair: Call = { name: 'repair', args: [`node-${incarnation}`, Number.MAX_SAFE_INTEGER, now] };
        expect(await process.run([repair], undefined)).toEqual([reference.apply(repair)]);
      }
    }
    const sweep: Call = { name: 'sweep', args: [now] };
    expect(await process.run([sweep], undefined)).toMatchObject([reference.apply(sweep) as object]);
    expect(await books.auditAfter([], { now })).toEqual([]);
    for (const id of accounts) {
      const read = await process.run([{ name: 'readAccount', args: [id] }], undefined);
      expect(read).toMatchObject([reference.accounts[id]!]);
    }
    const packages = await process.run([{ name: 'listPackages', args: ['alice', noon] }], undefined);
    expect(packages).toMatchObject([[{ callsLeft: reference.callsLeft }]]);
  } finally {
    await process.end();
  }
}
