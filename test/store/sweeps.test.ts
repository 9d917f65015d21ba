import pg from 'pg';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/store/engine.ts';
import { sweepOwn, sweepShared } from '../../src/store/sweeps.ts';
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
} from './engines.ts';

const due = noon + 120_000;
const nothing = { timedOut: 0, forgotten: 0 };

/** Sweeps as the server does; `onCall` may throw in the place of the store. */
async function sweepsOf(books: Books, onCall: (name: string, args: unknown[]) => void = () => {}) {
  const engine = await books.openEngine();
  const call = ((name, ...args) => {
    onCall(name, args);
    return engine.call(name, ...args);
  }) as Engine['call'];
  return books.engine === 'sqlite' ? sweepOwn({ call }, 'me') : sweepShared({ call }, 'me');
}

/** As a statement that takes too long: there is too much between the beginning and now. */
function cutOffWhole(name: string, [, since]: unknown[]): void {
  if (name === 'sweep' && since === 0) throw new Error('canceling statement due to statement timeout');
}

onEachEngine('a sweep', (makeBooks) => {
  it('looks for what has become due since the last, and once a minute for all there is', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    const looked: unknown[] = [];
    const { sweep } = await sweepsOf(books, (name, [, since]) => name === 'sweep' && looked.push(since));
    for (const now of [due, due + 1_000, due + 59_999]) expect(await sweep(now)).toEqual(nothing);
    expect(looked).toEqual([0, due - 10_000, due - 9_000]);
    await store.reserve(hold({ deadline: due - 3_600_000 }));
    expect(await sweep(due + 59_999)).toEqual(nothing);
    expect(await sweep(due + 60_000)).toEqual({ timedOut: 1, forgotten: 0 });
    expect(await store.readAccount('alice')).toMatchObject({ pending: 0 });
  });

  it('refunds what has become due also where all there is takes too long', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAtWork(store, 'alice', 'bob');
    const { sweep } = await sweepsOf(books, cutOffWhole);
    await store.settle(settled('bob'));
    expect(await sweep(due - 1)).toMatchObject(nothing);
    expect(await sweep(due)).toMatchObject({ timedOut: 1, forgotten: 0 });
    expect(await sweep(noon + 300_000)).toMatchObject({ timedOut: 0, forgotten: 2 });
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
    expect(await store.audit(noon + 300_000)).toEqual([]);
  });

  it('tells why what was due before the first could not be looked for, each minute', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAtWork(store, 'alice');
    let isCutOff = true;
    const { sweep } = await sweepsOf(books, (name, args) => isCutOff && cutOffWhole(name, args));
    expect(await sweep(due + 11_000)).toMatchObject({ timedOut: 0, cutOff: expect.any(Error) });
    expect(await sweep(due + 12_000)).toEqual(nothing);
    expect(await sweep(due + 71_000)).toMatchObject({ timedOut: 0, cutOff: expect.any(Error) });
    isCutOff = false;
    expect(await sweep(due + 131_000)).toEqual({ timedOut: 1, forgotten: 0 });
  });

  it('finds after failed ones what has become due meanwhile', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAtWork(store, 'alice');
    let isAway = false;
    const { sweep } = await sweepsOf(books, (name, args) => {
      cutOffWhole(name, args);
      if (isAway) throw new Error('away');
    });
    await sweep(due - 1);
    isAway = true;
    for (const later of [0, 60_000, 120_000]) await expect(sweep(due + later)).rejects.toThrow('away');
    isAway = false;
    expect(await sweep(due + 121_000)).toMatchObject({ timedOut: 1, forgotten: 0 });
  });

  it('leaves nothing of a clock that has been set back', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    const { sweep } = await sweepsOf(books, cutOffWhole);
    expect(await sweep(noon + 3_600_000)).toMatchObject(nothing);
    await store.reserve(hold());
    expect(await sweep(due - 1)).toMatchObject(nothing);
    expect(await sweep(due)).toMatchObject({ timedOut: 1, forgotten: 0 });
    await store.reserve(hold({ taskId: 'task-2' }));
    expect(await sweep(due + 1)).toMatchObject({ timedOut: 1, forgotten: 0 });
  });
});

describe('where servers share a database', () => {
  const cleanups = afterEachTest();

  /** Books with so many tasks of one account, and how many of them each transaction ended. */
  async function tasksOfAlice(count: number) {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 1_000_000);
    const tasks = Array.from({ length: count }, (_, index) => `task-${index}`);
    await Promise.all(tasks.map((taskId) => store.reserve(hold({ taskId }))));
    const ended = async () =>
      (await books.sql('select count(*)::int as tasks from task group by xmin')).map(({ tasks }) => tasks);
    return { books, store, ended };
  }
  const tens = Array(4).fill(10);

  it('overdue tasks are ended ten at a time, all in one sweep: meanwhile others wait for their account', async () => {
    const { books, store, ended } = await tasksOfAlice(40);
    const { sweep } = await sweepsOf(books);
    expect(await sweep(due)).toEqual({ timedOut: 40, forgotten: 0 });
    expect(await ended()).toEqual(tens);
    expect(await store.readAccount('alice')).toMatchObject({ pending: 0 });
  });

  it('so are those whose account had to be waited for', async () => {
    const { books, ended } = await tasksOfAlice(40);
    const other = new pg.Client(books.where);
    cleanups.push(() => other.end());
    await other.connect();
    await other.query('begin; select 1 from account for update');
    let freed: Promise<unknown> | undefined;
    const { sweep } = await sweepsOf(books, (name) => {
      if (name === 'endOverdueOf') freed ??= other.query('rollback');
    });
    expect(await sweep(due + 5_000)).toEqual({ timedOut: 40, forgotten: 0 });
    await freed;
    expect(await ended()).toEqual(tens);
  });

  it('what a dead process was running is ended also at an account that is in use, once it is free', async () => {
    const { books, store, ended } = await tasksOfAlice(40);
    const engine = await books.openEngine();
    const other = new pg.Client(books.where);
    cleanups.push(() => other.end());
    await other.connect();
    await other.query('begin; select 1 from account for update');
    let freed: Promise<unknown> | undefined;
    let time = 0;
    const { sweep } = sweepShared(
      {
        call: ((name, ...args) => {
          if (name === 'repairOf') freed ??= other.query('rollback');
          if (name !== 'beat') return engine.call(name, ...args);
          time += 4_000;
          return Promise.resolve(time);
        }) as Engine['call'],
      },
      'me',
    );
    // The others have had ten seconds to tell that they are alive.
    for (const later of [1, 2, 3]) expect(await sweep(noon + later)).toEqual(nothing);
    await freed;
    expect(await store.readAccount('alice')).toMatchObject({ pending: 0 });
    expect(await ended()).toEqual(tens);
  });

  it('what a dead process was running is ended ten at a time', async () => {
    const { books, ended } = await tasksOfAlice(40);
    const engine = await books.openEngine();
    for (const found of [...tens, 0])
      expect(await engine.call('repair', 'me', Number.MAX_SAFE_INTEGER, noon)).toBe(found);
    expect(await ended()).toEqual(tens);
  });
});

describe('a sweep that passes over a task of a locked account', () => {
  const cleanups = afterEachTest();

  it('finds it once the account is free, however long that takes', async () => {
    const books = await postgresBooks(cleanups);
    await openAtWork(await books.open(), 'alice', 'bob');
    const { sweep } = await sweepsOf(books, cutOffWhole);
    const other = new pg.Client(books.where);
    cleanups.push(() => other.end());
    await other.connect();
    await other.query("begin; select 1 from account where id = 'alice' for update");
    expect(await sweep(due)).toMatchObject({ timedOut: 1, forgotten: 0 });
    for (const later of [4_999, 20_000, 600_000])
      expect(await sweep(due + later)).toMatchObject({ timedOut: 0 });
    await other.query('rollback');
    expect(await sweep(due + 601_000)).toMatchObject({ timedOut: 1 });
  });
});
