import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { makeCheckpoints } from '../../src/store/checkpoints.ts';
import type { Engine } from '../../src/store/engine.ts';
import {
  afterEachTest,
  type Books,
  hold,
  newKey,
  newPackage,
  noon,
  onEachEngine,
  openAccount,
  postgresBooks,
  released,
  settled,
  undoneBefore,
} from './engines.ts';

/** Two lines each: a reservation, and its end. */
async function solve(books: Books, tasks: string[]): Promise<void> {
  const store = await books.open();
  for (const taskId of tasks) {
    await store.reserve(hold({ taskId }));
    if (taskId.startsWith('failed')) await store.release(released(taskId));
    else await store.settle(settled(taskId));
  }
  await store.close();
}

const unlock = (books: Books, table: string) =>
  books.engine === 'postgres'
    ? [`drop trigger ${table}_no_change on ${table}`]
    : [`drop trigger ${table}_no_update`, `drop trigger ${table}_no_delete`];

const lastEntry = async (books: Books) =>
  Number((await books.sql('select max(entry) as entry from checkpoint'))[0]?.entry);

/** An engine whose calls are told before they are made. */
function watched(
  engine: Engine,
  onCall: (name: string, args: unknown[]) => void,
): Pick<Engine, 'call' | 'look'> {
  const call: Engine['call'] = async (name, ...args) => {
    onCall(name, args);
    return engine.call(name, ...args);
  };
  return { call, look: engine.look };
}

const none = { made: 0, violations: [], isBusy: false };

onEachEngine('checkpoints of the ledger', (makeBooks) => {
  async function booksWithTasks(): Promise<Books> {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 10_000);
    await store.createPackage(newPackage(), newKey({ id: 'p', hash: 'p', packageId: 'plan' }));
    await store.close();
    await solve(books, ['one', 'two', 'failed', 'three']);
    return books;
  }

  it('are made after so many lines, and no more of the same lines', async () => {
    const books = await booksWithTasks();
    const engine = await books.openEngine();
    expect(await makeCheckpoints(engine, noon, 100)).toEqual(none);
    expect(await makeCheckpoints(engine, noon, 4)).toEqual({ ...none, made: 2 });
    expect(await makeCheckpoints(engine, noon, 4)).toEqual(none);
    const rows = await books.sql(
      'select kind, subject, posted, pending, calls from checkpoint where entry = 8',
    );
    const found = rows.map((row) => [
      row.kind,
      row.subject,
      ...[row.posted, row.pending, row.calls].map(Number),
    ]);
    expect(found.sort()).toEqual([
      ['account', '', 0, 0, 0],
      ['account', 'alice', 9_200, 0, 0],
      ['account', 'house:cash', -10_000, 0, 0],
      ['account', 'house:sales', 800, 0, 0],
      ['package', 'plan', 0, 0, 10],
    ]);
  });

  it('are where an audit goes on from, and a whole one looks behind them', async () => {
    const books = await booksWithTasks();
    expect(await makeCheckpoints(await books.openEngine(), noon, 4)).toMatchObject({ made: 2 });
    await solve(books, ['four']);
    const invariants = async (changes: string[], whole: boolean) => {
      const violations = await books.auditAfter([...unlock(books, 'entry'), ...changes], { whole });
      return [...new Set(violations.map(({ invariant }) => invariant))].filter((one) => one !== 'I9').sort();
    };
    const before = "update entry set amount = amount + 1 where kind = 'topup'";
    const after = "update entry set amount = amount + 1 where kind = 'settle' and task_id = 'four'";
    expect(await invariants([], true)).toEqual([]);
    expect(await invariants([before], false)).toEqual([]);
    expect(await invariants([before], true)).toEqual(['I1']);
    expect(await invariants([after], false)).toEqual(['I1', 'I2', 'I4', 'I5']);
  });

  it('are found to be wrong when they are', async () => {
    const books = await booksWithTasks();
    await makeCheckpoints(await books.openEngine(), noon, 4);
    const change = "update checkpoint set posted = posted + 1 where entry = 4 and subject = 'alice'";
    const violations = await books.auditAfter([...unlock(books, 'checkpoint'), change], { whole: true });
    expect(violations).toContainEqual({
      invariant: 'I1',
      detail: expect.stringMatching(/^the checkpoint after entry 4 .*: alice, expected 9600, found 9601$/),
    });
  });

  it('refuse to be changed or deleted, whoever asks', async () => {
    const books = await booksWithTasks();
    await makeCheckpoints(await books.openEngine(), noon, 4);
    await expect(books.sql('update checkpoint set posted = 1')).rejects.toThrow('append-only');
    await expect(books.sql('delete from checkpoint')).rejects.toThrow('append-only');
  });

  it('leave no open reservation behind them', async () => {
    const books = await booksWithTasks();
    const store = await books.open();
    await store.reserve(hold({ taskId: 'open' }));
    const open = Number((await books.sql("select number from entry where task_id = 'open'"))[0]?.number);
    await solve(books, ['four', 'five']);
    const engine = await books.openEngine();
    expect(await makeCheckpoints(engine, noon, 12)).toEqual({ ...none, made: 1 });
    expect(await lastEntry(books)).toBe(open - 1);
    await solve(books, ['six', 'seven', 'eight', 'nine']);
    expect(await makeCheckpoints(engine, noon, 12)).toEqual(none);
    expect(await store.audit(noon)).toEqual([]);
    await store.settle(settled('open'));
    expect(await makeCheckpoints(engine, noon, 12)).toEqual({ ...none, made: 1 });
    expect(await store.audit(noon)).toEqual([]);
    expect(await store.audit(noon, { whole: true })).toEqual([]);
  });

  it('are not made of books that are wrong', async () => {
    const books = await booksWithTasks();
    await books.sql('update account set posted = posted + 1');
    const { made, violations } = await makeCheckpoints(await books.openEngine(), noon, 4);
    expect([made, violations.map(({ invariant }) => invariant)]).toEqual([0, ['I1', 'I5']]);
    expect(await books.sql('select 1 from checkpoint')).toEqual([]);
  });

  it('are made by two processes at once as by one', async () => {
    const books = await booksWithTasks();
    const engines = [await books.openEngine(), await books.openEngine()];
    await Promise.all(engines.map((engine) => makeCheckpoints(engine, noon, 4)));
    expect(await lastEntry(books)).toBe(8);
    expect(await books.auditAfter([], { whole: true })).toEqual([]);
  });

  it('are written a thousand balances at once, so that nobody waits for all of them', async () => {
    const books = await booksWithTasks();
    const numbers = `with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 2500)`;
    await books.sql(`${numbers} insert into account (id, name, posted, pending, created_at)
      select 'a' || n, 'a' || n, n, 0, 0 from numbers`);
    await books.sql(`${numbers} insert into entry (kind, debit, credit, amount, calls, note, at)
      select 'topup', 'house:cash', 'a' || n, n, 0, '', 0 from numbers`);
    const pages: number[] = [];
    const engine = watched(await books.openEngine(), (name, args) => {
      if (name === 'keepCheckpoint') pages.push(JSON.parse(String(args[1])).length);
    });
    expect(await makeCheckpoints(engine, noon, 2_500)).toEqual({ ...none, made: 1 });
    expect(pages).toEqual([1_000, 1_000, pages[2], 1]);
    expect(pages[2]).toBeGreaterThan(400);
    expect(await books.auditAfter([])).toEqual([]);
    expect(await books.auditAfter([], { whole: true })).toEqual([]);
  });

  it('that a kill cut off are seen by nobody, and ended by the next, also with open reservations since', async () => {
    const books = await booksWithTasks();
    const store = await books.open();
    const engine = await books.openEngine();
    let kept = 0;
    const dying = watched(engine, (name) => {
      if (name === 'keepCheckpoint' && ++kept > 1) throw new Error('killed');
    });
    await expect(makeCheckpoints(dying, noon, 6)).rejects.toThrow('killed');
    expect(await lastEntry(books)).toBe(6);
    // An audit goes on from none: it sees the first line.
    const damage = "update entry set amount = amount + 1 where kind = 'topup'";
    for (const whole of [false, true]) {
      expect(await books.auditAfter([], { whole })).toEqual([]);
      const found = await books.auditAfter([...unlock(books, 'entry'), damage], { whole });
      expect(found).toContainEqual({ invariant: 'I1', detail: expect.stringContaining('posted is what') });
    }
    await store.reserve(hold({ taskId: 'open' }));
    expect(await makeCheckpoints(engine, noon, 7)).toEqual({ ...none, made: 1 });
    const ends = await books.sql("select entry from checkpoint where subject = '' order by entry");
    expect(ends.map(({ entry }) => Number(entry))).toEqual([6]);
    expect(await lastEntry(books)).toBe(6);
    expect(await books.auditAfter([], { whole: true })).toEqual([]);
    expect(await books.auditAfter([...unlock(books, 'entry'), damage])).not.toContainEqual(
      expect.objectContaining({ invariant: 'I1' }),
    );
  });

  it('of a version that wrote them at once are whole', async () => {
    const books = await booksWithTasks();
    const engine = await books.openEngine();
    await makeCheckpoints(engine, noon, 4);
    await engine.close();
    for (const text of [
      ...undoneBefore('0013-ban-changes'),
      ...unlock(books, 'checkpoint'),
      "delete from checkpoint where subject = ''",
      'drop index checkpoint_whole',
      "delete from kysely_migration where name = '0012-whole-checkpoints'",
    ])
      await books.sql(text);
    await (await books.openEngine()).close();
    const ends = await books.sql("select entry from checkpoint where subject = '' order by entry");
    expect(ends.map(({ entry }) => Number(entry))).toEqual([4, 8]);
    const found = await books.auditAfter([], { whole: true });
    expect(found.map(({ invariant }) => invariant)).not.toContain('I1');
  });

  it('are not missed in a backup of a version that made none', async () => {
    const books = await booksWithTasks();
    expect(await books.auditAfter(['drop table checkpoint'])).toEqual([]);
  });
});

describe('a line whose number was given out and that is not there yet', () => {
  const cleanups = afterEachTest();

  it('is not passed over by a checkpoint, which waits for another time', async () => {
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 10_000);
    const engine = await books.openEngine();
    const slow = new pg.Client({ connectionString: books.where });
    cleanups.push(() => slow.end());
    await slow.connect();
    await slow.query('begin');
    await slow.query(`insert into entry (kind, debit, credit, amount, calls, note, at)
      values ('topup', 'house:cash', 'bob', 500, 0, 'slow', ${noon})`);
    await solve(books, ['one', 'two']);
    expect(await makeCheckpoints(engine, noon, 4)).toEqual({ ...none, isBusy: true });
    expect(await books.sql('select 1 from checkpoint')).toEqual([]);
    await slow.query(
      `insert into account (id, name, posted, pending, created_at) values ('bob', 'bob', 500, 0, ${noon})`,
    );
    await slow.query('commit');
    expect(await makeCheckpoints(engine, noon, 4)).toEqual({ ...none, made: 1 });
    expect(await store.audit(noon, { whole: true })).toEqual([]);
  });
});
