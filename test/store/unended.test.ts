import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { type Engine, StoreError } from '../../src/store/engine.ts';
import { sweepOwn, sweepShared } from '../../src/store/sweeps.ts';
import { type UnendedTask, UnendedTasks } from '../../src/store/unended.ts';
import {
  afterEachTest,
  type Books,
  hold,
  noon,
  onEachEngine,
  openAccount,
  openAtWork,
  postgresBooks,
  settled,
  sqliteBooks,
} from './engines.ts';

const due = noon + 120_000;

/** Makes the price of tasks more than their account holds: it cannot be given back. */
const spoil = (books: Books, tasks: string) => books.sql(`update task set price = 50000 where ${tasks}`);

/** A store on such books, and the ids of tasks that it tells it could not end. */
async function openTelling(books: Books) {
  const told: UnendedTask[] = [];
  const store = await books.open({ onUnended: (task) => void told.push(task) });
  return { store, told, ids: () => told.map(({ taskId }) => taskId).sort() };
}

const pendingOf = async (books: Books) =>
  (await books.sql('select id, pending from account order by id')).map(({ id, pending }) => [
    id,
    Number(pending),
  ]);

onEachEngine('a task that cannot be ended', (makeBooks) => {
  it('keeps no refund and no result from its end, and is told with its account and the reason', async () => {
    const books = await makeBooks();
    const { store, told } = await openTelling(books);
    await openAtWork(store, 'bob', 'alice');
    await openAccount(store, 1_000, 'carol');
    await store.reserve(hold({ taskId: 'old', accountId: 'carol', keyId: 'key-carol', expiresAt: due }));
    await store.settle(settled('old'));
    await spoil(books, "id = 'bob'");
    expect(await store.sweep(due)).toEqual({ timedOut: 1, forgotten: 1 });
    expect(await pendingOf(books)).toEqual([
      ['alice', 0],
      ['bob', 400],
      ['carol', 0],
    ]);
    const error = expect.objectContaining({ message: expect.stringContaining('account_bears_its_holds') });
    expect(told).toEqual([{ taskId: 'bob', accountId: 'bob', error }]);
  });

  it('keeps not even those of its own account, nor those that are due later, however many are like it', async () => {
    const books = await makeBooks();
    const { store, ids } = await openTelling(books);
    await openAccount(store, 100_000);
    await openAccount(store, 100_000, 'bob');
    const bad = Array.from({ length: 25 }, (_, n) => `bad-${n + 10}`);
    for (const taskId of bad)
      await store.reserve(hold({ taskId, accountId: 'bob', keyId: 'key-bob', deadline: due - 1 }));
    await spoil(books, "id like 'bad-%'");
    await store.reserve(hold({ taskId: 'good', accountId: 'bob', keyId: 'key-bob' }));
    for (const taskId of ['one', 'other']) await store.reserve(hold({ taskId }));
    expect(await store.sweep(due)).toEqual({ timedOut: 3, forgotten: 0 });
    expect(await pendingOf(books)).toEqual([
      ['alice', 0],
      ['bob', 10_000],
    ]);
    expect(ids()).toEqual(bad);
  });

  it('is told once and left alone, until it is tried again a minute or two later', async () => {
    const books = await makeBooks();
    const { store, ids } = await openTelling(books);
    await openAtWork(store, 'bob');
    await spoil(books, "id = 'bob'");
    for (const later of [0, 1_000, 30_000, 59_999]) await store.sweep(due + later);
    expect(ids()).toEqual(['bob']);
    await store.sweep(due + 60_000);
    expect(ids()).toEqual(['bob', 'bob']);
    await books.sql("update task set price = 400 where id = 'bob'");
    expect(await store.sweep(due + 61_000)).toMatchObject({ timedOut: 0 });
    expect(await store.sweep(due + 120_000)).toMatchObject({ timedOut: 1 });
    expect(await store.audit(due + 120_000)).toEqual([]);
  });
});

/** An engine whose sweep fails so, and the names of what it was called for. */
function failing(code: string, isAway = false) {
  const called: string[] = [];
  const call = (async (name: string) => {
    called.push(name);
    if (name === 'sweep') throw new StoreError(code, 'no', { isAway });
    return [];
  }) as unknown as Engine['call'];
  return { engine: { call }, called };
}

it.each([
  ['the database is away', 'ERROR', true],
  ['the disk is full', 'SQLITE_FULL', false],
  ['a statement took too long', '57014', false],
])('where %s, no task is tried by itself: it would be blamed for that', async (_, code, isAway) => {
  const { engine, called } = failing(code, isAway);
  await expect(sweepOwn(engine, 'me').sweep(noon)).rejects.toThrow(code);
  expect(new Set(called)).toEqual(new Set(['sweep']));
});

it('a sweep in which something fails that is no task says so', async () => {
  const { engine } = failing('SQLITE_CONSTRAINT_CHECK');
  await expect(sweepOwn(engine, 'me').sweep(noon)).rejects.toThrow('SQLITE_CONSTRAINT_CHECK');
});

describe('what a dead process was running and cannot be ended', () => {
  const cleanups = afterEachTest();

  /** Two tasks each of alice and bob; what was held for one of bob's does not fit. */
  async function leaveBehind(books: Books) {
    const dead = await books.open();
    for (const id of ['alice', 'bob']) {
      await openAccount(dead, 1_000, id);
      for (const n of [1, 2])
        await dead.reserve(hold({ taskId: `${id}-${n}`, accountId: id, keyId: `key-${id}` }));
    }
    await spoil(books, "id = 'bob-1'");
  }
  const pending = [
    ['alice', 0],
    ['bob', 400],
  ];

  it('keeps no other task from its repair at the start, and the start from its end', async () => {
    const books = await sqliteBooks(cleanups);
    await leaveBehind(books);
    const { store, ids } = await openTelling(books);
    expect(await store.repair(noon)).toBe(3);
    expect(await pendingOf(books)).toEqual(pending);
    expect(await store.sweep(noon + 1_000)).toMatchObject({ timedOut: 0 });
    expect(ids()).toEqual(['bob-1']);
  });

  /** Sweeps of a server that shares the books, where all others are known to be dead; `onCall` hears what is called. */
  async function sweepsAmongDead(books: Books, onCall: (name: string) => void = () => {}) {
    const engine = await books.openEngine();
    let time = 0;
    const call = ((name, ...args) => {
      onCall(name);
      if (name !== 'beat') return engine.call(name, ...args);
      time += 4_000;
      return Promise.resolve(time);
    }) as Engine['call'];
    const ids: string[] = [];
    const { repair, sweep } = sweepShared(
      { call },
      'me',
      new UnendedTasks(({ taskId }) => void ids.push(taskId)),
    );
    for (let beats = 0; beats < 4; beats++) await repair(noon);
    return { sweep, ids };
  }

  it('keeps no other from its repair where servers share a database', async () => {
    const books = await postgresBooks(cleanups);
    await leaveBehind(books);
    const { sweep, ids } = await sweepsAmongDead(books);
    for (const later of [1, 2]) await sweep(noon + later);
    expect(await pendingOf(books)).toEqual(pending);
    expect(ids).toEqual(['bob-1']);
  });

  it.each([
    ['repaired', 'repairOf', noon],
    ['refunded', 'endOverdueOf', due + 5_000],
  ])('keeps no other from being %s at an account that was in use', async (_, freedAt, now) => {
    const books = await postgresBooks(cleanups);
    await leaveBehind(books);
    const other = new pg.Client(books.where);
    cleanups.push(() => other.end());
    await other.connect();
    await other.query('begin; select 1 from account for update');
    let freed: Promise<unknown> | undefined;
    const { sweep, ids } = await sweepsAmongDead(books, (name) => {
      if (name === freedAt) freed ??= other.query('rollback');
    });
    await sweep(now);
    await freed;
    expect(await pendingOf(books)).toEqual(pending);
    expect(ids).toEqual(['bob-1']);
  });
});
