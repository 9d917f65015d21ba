import v8 from 'node:v8';
import { describe, expect, it } from 'vitest';
import { countedPoll } from '../../src/store/countedPoll.ts';
import { type Engine, StoreError } from '../../src/store/engine.ts';
import { withFreshResults } from '../../src/store/freshResults.ts';
import type { Store } from '../../src/store/store.ts';
import {
  afterEachTest,
  type Books,
  hold,
  noon,
  openAccount,
  released,
  settled,
  sqliteBooks,
  type TestStore,
} from './engines.ts';

/** A store that keeps nothing, and which tasks it was asked for. */
function remembering() {
  const asked: string[] = [];
  const store = {
    reserveEarly: async () => 'held',
    settle: async () => true,
    poll: async ({ taskId }: { taskId: string }) => void asked.push(taskId),
  } as unknown as Store;
  return { store, asked };
}

describe('a result of a task answered at once', () => {
  const cleanups = afterEachTest();

  const query = (over = {}) => ({ taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 120, ...over });

  async function withResult(): Promise<{ books: Books; store: TestStore }> {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 10_000);
    expect(await store.reserveEarly(hold())).toBe('held');
    expect(await store.settle(settled())).toBe(true);
    return { books, store };
  }

  it('shares one commit with its hold when it comes soon', async () => {
    const { store } = await withResult();
    let shared = 0;
    for (let i = 0; i < 50; i++) {
      const before = (await store.counters()).commits;
      await store.reserveEarly(hold({ taskId: `soon-${i}`, price: 1 }));
      await store.settle(settled(`soon-${i}`));
      if ((await store.counters()).commits === before + 1) shared++;
    }
    // Only where this thread is kept from its processor for 10 ms does the hold not wait for the charge.
    expect(shared).toBeGreaterThan(10);
  });

  it('is polled without a commit, and looks like one from the database', async () => {
    const { books, store } = await withResult();
    const { commits } = await store.counters();
    const polled = await store.poll(query());
    expect((await store.counters()).commits).toBe(commits);
    await store.close();
    const reopened = await books.open();
    expect(await reopened.poll(query())).toEqual({ ...polled, polls: 2 });
  });

  it('is told to its own account, within its retention, and no more often than allowed', async () => {
    const { store } = await withResult();
    expect(await store.poll(query({ accountId: 'bob' }))).toBeUndefined();
    expect(await store.poll(query({ now: noon + 300_000 }))).toBeUndefined();
    const polls = await Promise.all(Array.from({ length: 200 }, () => store.poll(query())));
    expect(polls.filter((record) => record !== undefined)).toHaveLength(120);
  });

  it('is looked for by another account where an id that nobody has is, so that no time tells which it is', async () => {
    const { store, asked } = remembering();
    const fresh = withFreshResults(store, { call: async () => undefined as never });
    await fresh.reserveEarly(hold());
    await fresh.settle(settled());
    for (const taskId of ['task-1', 'nobodys'])
      expect(await fresh.poll(query({ taskId, accountId: 'bob' }))).toBeUndefined();
    expect(asked).toEqual(['task-1', 'nobodys']);
  });

  it('keeps the count of its polls over a sweep and a kill', async () => {
    const { books, store } = await withResult();
    for (let i = 0; i < 3; i++) await store.poll(query());
    await store.sweep(noon);
    const afterKill = await books.open();
    expect(await afterKill.poll(query({ maxPolls: 4 }))).toMatchObject({ polls: 4 });
    expect(await afterKill.poll(query({ maxPolls: 4 }))).toBeUndefined();
  });

  it('is not there before it is on the disk', async () => {
    const books = await sqliteBooks(cleanups);
    await openAccount(await books.open(), 10_000);
    const engine = await books.openEngine();
    const written = Promise.withResolvers<void>();
    const bare = bareStore(engine);
    const store = withFreshResults(
      { ...bare, settle: async (done) => written.promise.then(() => bare.settle(done)) },
      engine,
    );
    await store.reserveEarly(hold());
    const settling = store.settle(settled());
    expect(await store.poll(query())).toMatchObject({ state: 'running' });
    written.resolve();
    await settling;
    expect(await store.poll(query())).toMatchObject({ state: 'ready' });
  });

  it('is not there when it failed', async () => {
    const { store } = await withResult();
    await store.reserveEarly(hold({ taskId: 'task-2' }));
    expect(await store.poll(query({ taskId: 'task-2' }))).toMatchObject({ state: 'running', polls: 1 });
    await store.release(released('task-2'));
    expect(await store.poll(query({ taskId: 'task-2' }))).toMatchObject({ state: 'failed', polls: 2 });
  });

  it('leaves no name of those that failed behind, however long an older one is kept', async () => {
    const store = { reserveEarly: async () => 'held', settle: async () => true, release: async () => true };
    const call = async () => undefined as never;
    const fresh = withFreshResults(store as unknown as Store, { call });
    await fresh.reserveEarly(hold({ expiresAt: noon + 86_400_000 }));
    await fresh.settle(settled());
    const used = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const taskId = `${crypto.randomUUID()}`;
        await fresh.reserveEarly(hold({ taskId }));
        await fresh.release(released(taskId));
      }
      return v8.getHeapStatistics().used_heap_size;
    };
    const before = await used(10_000);
    expect((await used(300_000)) - before).toBeLessThan(16 * 2 ** 20);
  });

  it('takes as much of the memory as its solution is long', async () => {
    const { store, asked } = remembering();
    const small = withFreshResults(store, { call: async () => undefined as never }, 1_200);
    for (const taskId of ['task-1', 'task-2']) {
      await small.reserveEarly(hold({ taskId }));
      await small.settle(settled(taskId, { solution: 'x'.repeat(300) }));
    }
    for (const taskId of ['task-1', 'task-2']) await small.poll(query({ taskId }));
    expect(asked).toEqual(['task-1']);
  });

  it('that memory has no room for any more is counted on in the database', async () => {
    const books = await sqliteBooks(cleanups);
    const opened = await books.open();
    await openAccount(opened, 10_000);
    await opened.close();
    const engine = await books.openEngine();
    const small = withFreshResults(bareStore(engine), engine, 1_200);
    for (const taskId of ['task-1', 'task-2', 'task-3']) {
      await small.reserveEarly(hold({ taskId }));
      await small.settle(settled(taskId));
      expect(await small.poll(query({ taskId }))).toMatchObject({ polls: 1 });
    }
    expect(await small.poll(query({ maxPolls: 2 }))).toMatchObject({ polls: 2 });
    expect(await small.poll(query({ maxPolls: 2 }))).toBeUndefined();
  });
});

/** What the memory needs of a store, straight from an engine. */
function bareStore(engine: Engine): Store {
  return {
    reserveEarly: (one: Parameters<Store['reserveEarly']>[0]) => engine.early('reserve', one, 'node'),
    settle: (done: Parameters<Store['settle']>[0]) => engine.call('settle', done),
    poll: (one: Parameters<Store['poll']>[0]) => engine.call('poll', one),
  } as Store;
}

describe('a poll of what a full disk keeps from being counted', () => {
  it('is answered as long as there are polls left', async () => {
    const asked: unknown[] = [];
    const engine = {
      call: async (_: string, query: { maxPolls: number | null }) => {
        asked.push(query.maxPolls);
        if (query.maxPolls !== null) throw new StoreError('SQLITE_FULL', 'database or disk is full');
        return { taskId: 'a', polls: 119 };
      },
    } as unknown as Pick<Engine, 'call'>;
    const query = { taskId: 'a', accountId: 'alice', now: noon };
    expect(await countedPoll(engine, { ...query, maxPolls: 120 })).toMatchObject({ polls: 119 });
    expect(await countedPoll(engine, { ...query, maxPolls: 119 })).toBeUndefined();
    expect(asked).toEqual([120, null, 119, null]);
  });

  it('fails for any other reason as it did', async () => {
    const engine = { call: async () => Promise.reject(new StoreError('SQLITE_BUSY', 'locked')) };
    const query = { taskId: 'a', accountId: 'alice', now: noon, maxPolls: 120 };
    await expect(countedPoll(engine, query)).rejects.toThrow('SQLITE_BUSY');
  });
});
