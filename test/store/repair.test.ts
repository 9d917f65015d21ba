import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { presence } from '../../src/store/postgres/presence.ts';
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

const nobodyIsAlive = Number.MAX_SAFE_INTEGER;

/** Books in which one task waits for a worker, and an engine to work as any process on them. */
async function queuedTask(books: Books) {
  const store = await books.open();
  await openAccount(store, 10_000);
  await store.reserve(hold({ state: 'queued', payload: '{}' }));
  return { store, engine: await books.openEngine() };
}

onEachEngine('what a dead process was running', (makeBooks) => {
  it('fails and costs nothing, while what waits for a worker goes on waiting', async () => {
    const books = await makeBooks();
    const dead = await books.open();
    await openAccount(dead, 10_000);
    await dead.reserve(hold({ taskId: 'running' }));
    await dead.reserve(hold({ taskId: 'waiting', state: 'queued', payload: '{}' }));

    const engine = await books.openEngine();
    expect(await engine.call('repair', 'next', nobodyIsAlive, noon)).toBe(1);
    expect(await engine.call('repair', 'next', nobodyIsAlive, noon)).toBe(0);

    expect(await dead.settle(settled('running'))).toBe(false);
    expect(await dead.readAccount('alice')).toMatchObject({ posted: 10_000, pending: 400 });
    const query = { accountId: 'alice', now: noon, maxPolls: 9 };
    expect(await dead.poll({ ...query, taskId: 'running' })).toMatchObject({
      state: 'failed',
      errorCode: 'ERROR_TASK_TIMEOUT',
    });
    expect(await dead.poll({ ...query, taskId: 'waiting' })).toMatchObject({ state: 'queued' });
    expect(await dead.audit(noon)).toEqual([]);
  });

  it('is queued again where a worker can do so, but not a third time', async () => {
    const { store, engine } = await queuedTask(await makeBooks());

    expect(await engine.call('take', 'first', { now: noon, busyAccounts: [] })).toMatchObject({ lease: 2 });
    await engine.call('repair', 'second', nobodyIsAlive, noon);
    expect(await engine.call('take', 'second', { now: noon, busyAccounts: [] })).toMatchObject({
      taskId: 'task-1',
      lease: 4,
    });
    expect(await store.settle(settled('task-1', { lease: 2 }))).toBe(false);
    await engine.call('repair', 'third', nobodyIsAlive, noon);

    expect(await engine.call('take', 'third', { now: noon, busyAccounts: [] })).toBeUndefined();
    expect(await store.readAccount('alice')).toMatchObject({ posted: 10_000, pending: 0 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('cannot be failed by whoever was thought dead and comes back', async () => {
    const { store, engine } = await queuedTask(await makeBooks());
    await engine.call('take', 'first', { now: noon, busyAccounts: [] });
    await engine.call('repair', 'second', nobodyIsAlive, noon);
    const failure = { errorCode: 'ERROR_TASK_TIMEOUT', errorDetail: null } as const;
    const late = { taskId: 'task-1', ...failure, now: noon };
    expect(await store.release({ ...late, lease: 2 })).toBe(false);
    expect(await engine.call('take', 'second', { now: noon, busyAccounts: [] })).toMatchObject({ lease: 4 });
  });

  it('is given to another although stopping servers had handed it back before', async () => {
    const { store, engine } = await queuedTask(await makeBooks());
    const take = (node: string) => engine.call('take', node, { now: noon, busyAccounts: [] });
    for (const node of ['first', 'second', 'third'])
      expect(await engine.call('handBack', (await take(node))!)).toBe(true);

    expect(await take('fourth')).toMatchObject({ lease: 5 });
    await engine.call('repair', 'fifth', nobodyIsAlive, noon);
    expect(await take('fifth')).toMatchObject({ lease: 7 });
    await engine.call('repair', 'sixth', nobodyIsAlive, noon);
    expect(await take('sixth')).toBeUndefined();
    expect(await store.readAccount('alice')).toMatchObject({ posted: 10_000, pending: 0 });
  });

  it('is put back by the process that it was lent to, where that has not heard of it', async () => {
    const { store, engine } = await queuedTask(await makeBooks());
    const { lease } = (await engine.call('take', 'first', { now: noon, busyAccounts: [] }))!;
    expect(await engine.call('reclaim', 'first', ['task-1'])).toBe(0);
    expect(await engine.call('reclaim', 'second', [])).toBe(0);
    expect(await engine.call('reclaim', 'first', ['another'])).toBe(1);
    const again = await engine.call('take', 'second', { now: noon, busyAccounts: [] });
    expect(again!.lease).toBeGreaterThan(lease);
    expect(await store.settle(settled('task-1', { lease }))).toBe(false);
    expect(await store.settle(settled('task-1', { lease: again!.lease }))).toBe(true);
  });

  it("is neither a process's own, nor of one that was seen lately", async () => {
    const books = await makeBooks();
    const store = await books.open();
    const engine = await books.openEngine();
    await openAccount(store, 10_000);
    await engine.call('reserve', hold(), 'other');
    await books.sql(`insert into node (id, seen_at) values ('other', ${noon})`);

    expect(await engine.call('repair', 'other', nobodyIsAlive, noon)).toBe(0);
    expect(await engine.call('repair', 'me', noon, noon)).toBe(0);
    expect(await engine.call('repair', 'me', noon + 1, noon)).toBe(1);
  });

  it('is repaired by the next server before it listens', async () => {
    const books = await makeBooks();
    const dead = await books.open();
    await openAccount(dead, 10_000);
    await dead.reserve(hold());
    const next = await books.open();
    // Where several may serve, only time can tell that one of them is dead.
    expect(await next.repair(noon)).toBe(books.engine === 'sqlite' ? 1 : 0);
    expect(await next.reserve(hold({ taskId: 'task-2' }))).toBe('held');
    expect(await next.repair(noon)).toBe(0);
    expect(await next.settle(settled('task-2'))).toBe(true);
  });
});

describe('the presence of processes', () => {
  it('is judged after ten steady seconds, and again after a gap', async () => {
    const times = [0, 1_000, 5_000, 9_999, 10_000, 11_000, 31_000, 32_000, 36_500, 41_000];
    const { beat } = presence({ call: async () => times.shift() as never }, 'me');
    const judged: (number | undefined)[] = [];
    for (let n = 0; n < 10; n++) judged.push(await beat());
    const no = undefined;
    expect(judged).toEqual([no, no, no, no, 0, 1_000, no, no, no, 31_000]);
  });

  it("is judged anew once the database's clock has been set back", async () => {
    const times = [100_000, 105_000, 110_000, 50_000, 55_000, 60_000];
    const { beat } = presence({ call: async () => times.shift() as never }, 'me');
    const judged: (number | undefined)[] = [];
    for (let n = 0; n < 6; n++) judged.push(await beat());
    const no = undefined;
    expect(judged).toEqual([no, no, 100_000, no, no, 50_000]);
  });
});

describe("a process that died before the database's clock was set back", () => {
  const cleanups = afterEachTest();

  it('is not taken for alive until it is that time again', async () => {
    const books = await postgresBooks(cleanups);
    const engine = await books.openEngine();
    const now = (await engine.call('beat', 'me')) as number;
    await books.sql(
      `insert into node (id, seen_at) values ('dead', ${now + 3_600_000}), ('lives', ${now + 900})`,
    );
    const then = (await engine.call('beat', 'me')) as number;
    const [dead, lives] = (await books.sql('select seen_at::float8 as at from node order by id')) as {
      at: number;
    }[];
    expect(dead!.at).toBe(then);
    expect(lives!.at).toBe(now + 900);
  });

  it('is left to whoever is at its row: two that bring back each other would wait for each other', async () => {
    const books = await postgresBooks(cleanups);
    const engine = await books.openEngine();
    const now = (await engine.call('beat', 'me')) as number;
    await books.sql(`insert into node (id, seen_at) values ('other', ${now + 3_600_000})`);
    const other = new pg.Client(books.where);
    await other.connect();
    await other.query("begin; update node set seen_at = seen_at where id = 'other'");
    expect(await engine.call('beat', 'me')).toBeGreaterThan(0);
    await other.query('rollback');
    await other.end();
  });
});

describe('a process that sweeps for long', () => {
  const cleanups = afterEachTest();

  /** Counts how often a process tells that it is alive. */
  async function countBeats(books: Books): Promise<void> {
    await books.sql('create table beat (at bigint)');
    await books.sql(`create function note() returns trigger language plpgsql as
      $$ begin insert into beat values (new.seen_at); return new; end $$`);
    await books.sql(
      'create trigger note after insert or update on node for each row execute function note()',
    );
  }
  const beats = (books: Books) => books.sql('select count(*)::int as beats from beat');

  it('tells before it waits for an account that it is alive', async () => {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAtWork(store, 'alice', 'bob');
    const other = new pg.Client(books.where);
    await other.connect();
    await other.query('begin; select 1 from account for update');
    await countBeats(books);
    expect(await store.sweep(noon + 200_000)).toMatchObject({ timedOut: 0 });
    // One to judge the others by, one before the round, and one before each of two accounts.
    expect(await beats(books)).toEqual([{ beats: 4 }]);
    await other.query('rollback');
    await other.end();
  });

  it('tells before every round that it is alive', async () => {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await books.sql(`insert into idempotency (key_id, name, fingerprint, task_id, number, price, expires_at)
      select 'key', n::text, '', n::text, n, 0, 0 from generate_series(1, 450) as n`);
    await countBeats(books);
    await store.sweep(noon);
    expect(await books.sql('select count(*)::int as left from idempotency')).toEqual([{ left: 0 }]);
    // One to judge the others by, and one before each of three rounds.
    expect(await beats(books)).toEqual([{ beats: 4 }]);
  });
});
