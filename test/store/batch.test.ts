import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/store/operations.ts';
import { type AskedCall, runBatch } from '../../src/store/sqlite/batch.ts';
import { type Connection, connect, openDatabase } from '../../src/store/sqlite/connection.ts';
import { afterEachTest, type Books, hold, noon, openAccount, settled, sqliteBooks } from './engines.ts';

const reserve = (taskId: string): Call => ({ name: 'reserve', args: [hold({ taskId }), 'node'] });
const read: Call = { name: 'readAccount', args: ['alice'] };

function failure(code: string): Error {
  return Object.assign(new Error(`${code} on purpose`), { code });
}

describe('a batch in SQLite', () => {
  const cleanups = afterEachTest();

  async function withMoney(): Promise<{ books: Books; database: Database.Database; connection: Connection }> {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 1_000_000);
    await store.close();
    const database = openDatabase(books.where);
    cleanups.push(() => database.close());
    return { books, database, connection: connect(database) };
  }

  const pending = (connection: Connection) => {
    const [answer] = runBatch(connection, [read]).answers;
    return ((answer as { value: { pending: number } }).value.pending / 400) as number;
  };

  it('is one commit', async () => {
    const { connection } = await withMoney();
    let committed = 0;
    const counting: Connection = {
      ...connection,
      commit() {
        committed++;
        connection.commit();
      },
    };
    const { answers, commits } = runBatch(counting, [reserve('a'), reserve('b'), read]);
    expect(answers).toMatchObject([{ value: 'held' }, { value: 'held' }, { value: { pending: 800 } }]);
    expect([committed, commits]).toEqual([1, [3]]);
  });

  it('does not count as a commit when it only read', async () => {
    const { connection } = await withMoney();
    expect(runBatch(connection, [read, read]).commits).toEqual([]);
  });

  it('takes what comes while it runs into the same commit, which was told what had run', async () => {
    const { connection } = await withMoney();
    const coming: Call[][] = [[{ name: 'settle', args: [settled('a')] }], []];
    const told: unknown[][] = [];
    const { answers, commits } = runBatch(connection, [reserve('a')], (_ran, values, from) => {
      told.push(values.slice(from));
      return coming.shift()!;
    });
    expect(told).toEqual([['held'], [true]]);
    expect([answers, commits]).toEqual([[{ value: 'held' }, { value: true }], [2]]);
  });

  it('that fails after something had been told of it does the same again, call by call', async () => {
    const { connection } = await withMoney();
    const coming: Call[][] = [[reserve('a'), { name: 'settle', args: [settled('a')] }], []];
    const { answers } = runBatch(connection, [reserve('a')], () => coming.shift()!);
    expect(answers).toMatchObject([
      { value: 'held' },
      { error: { code: 'SQLITE_CONSTRAINT_UNIQUE' } },
      { value: true },
    ]);
    expect(pending(connection)).toBe(0);
  });

  const early = (call: Call) => ({ ...call, early: true }) as AskedCall;

  /** Whose first commit finds the disk full. */
  function fullOnce(connection: Connection): Connection {
    let commits = 0;
    return {
      ...connection,
      commit() {
        if (++commits === 1) throw failure('SQLITE_FULL');
        connection.commit();
      },
    };
  }

  it('that fails does again what was told early, where it comes out as it was told', async () => {
    const { connection } = await withMoney();
    const coming: AskedCall[][] = [[{ name: 'settle', args: [settled('a')] }, early(reserve('b'))], []];
    const { answers, commits } = runBatch(
      fullOnce(connection),
      [early(reserve('a')), reserve('c')],
      () => coming.shift() ?? [],
    );
    expect(answers).toEqual([{ value: 'held' }, { value: 'held' }, { value: true }, { value: 'held' }]);
    expect([commits, pending(connection)]).toEqual([[2, 1, 1], 2]);
  });

  it('that fails does none of it where it would come out otherwise: a number could be another task’s', async () => {
    const { connection } = await withMoney();
    const dear: Call = { name: 'reserve', args: [hold({ taskId: 'b', price: 1_500_000 }), 'node'] };
    const topUp: Call = {
      name: 'topUp',
      args: [{ accountId: 'alice', amount: 1_000_000, note: '', now: noon }],
    };
    const told: unknown[] = [];
    const { answers } = runBatch(
      fullOnce(connection),
      [early(reserve('a')), topUp, early(dear)],
      (_ran, values) => {
        told.push(...values);
        return [];
      },
    );
    expect(told).toEqual(['held', expect.anything(), 'held']);
    const none = { error: { code: 'TOLD_OTHERWISE' } };
    expect(answers).toMatchObject([none, { value: expect.anything() }, none]);
    expect(pending(connection)).toBe(0);
  });

  it('in which one operation throws does the others all the same, each once', async () => {
    const { connection } = await withMoney();
    const { answers, commits, fatal } = runBatch(connection, [
      reserve('a'),
      reserve('a'),
      { name: 'topUp', args: [{ accountId: 'alice', amount: Number.NaN, note: '', now: noon }] },
      reserve('b'),
    ]);
    expect(answers).toMatchObject([
      { value: 'held' },
      { error: { code: 'SQLITE_CONSTRAINT_UNIQUE' } },
      // Of a mistake of ours the log must tell where it was made.
      {
        error: {
          message: expect.stringContaining('whole micro-USD'),
          stack: expect.stringContaining('topUp'),
        },
      },
      { value: 'held' },
    ]);
    expect([commits, fatal]).toEqual([[1, 1], undefined]);
    expect(pending(connection)).toBe(2);
  });

  it('that finds the disk full fails what writes, answers what reads, and works again when there is room', async () => {
    const { database, connection } = await withMoney();
    const pages = database.pragma('page_count', { simple: true });
    database.pragma(`max_page_count = ${pages}`);
    const many = Array.from({ length: 200 }, (_, index) => reserve(`full-${index}`));
    const { answers, fatal } = runBatch(connection, [...many, read]);
    const held = answers.filter((answer) => 'value' in answer && answer.value === 'held').length;
    const full = answers.filter((answer) => 'error' in answer && answer.error.code === 'SQLITE_FULL').length;
    expect(fatal).toBeUndefined();
    expect(full).toBeGreaterThan(0);
    expect(held + full).toBe(200);
    expect(answers.at(-1)).toMatchObject({ value: { pending: held * 400 } });

    database.pragma('max_page_count = 1073741823');
    expect(runBatch(connection, [reserve('after')]).answers).toEqual([{ value: 'held' }]);
    expect(pending(connection)).toBe(held + 1);
  });

  it('whose fsync fails promises nothing, is not tried again, and is fatal', async () => {
    const { connection } = await withMoney();
    let commits = 0;
    const broken: Connection = {
      ...connection,
      commit() {
        commits++;
        throw failure('SQLITE_IOERR_FSYNC');
      },
    };
    const { answers, fatal } = runBatch(broken, [reserve('a'), reserve('b'), read]);
    expect(fatal).toMatchObject({ code: 'SQLITE_IOERR_FSYNC' });
    expect(answers.every((answer) => 'error' in answer)).toBe(true);
    expect(commits).toBe(1);
    expect(pending(connection)).toBe(0);
  });

  it('whose journal has no room for its index is fatal as well, and told in the words of SQLite', async () => {
    const { connection } = await withMoney();
    const code = 'SQLITE_IOERR_SHMSIZE';
    const full: Connection = {
      ...connection,
      commit() {
        throw failure(code);
      },
    };
    const error = { code, message: failure(code).message };
    expect(runBatch(full, [reserve('a')])).toMatchObject({ answers: [{ error }], fatal: error });
  });

  it('that meets an error of the disk while running call by call stops there, and keeps what was committed', async () => {
    const { connection } = await withMoney();
    let commits = 0;
    const failing: Connection = {
      ...connection,
      commit() {
        if (++commits === 2) throw failure('SQLITE_IOERR_WRITE');
        connection.commit();
      },
    };
    const { answers, fatal } = runBatch(failing, [reserve('a'), reserve('a'), reserve('b'), reserve('c')]);
    expect(fatal).toMatchObject({ code: 'SQLITE_IOERR_WRITE' });
    expect(answers.map((answer) => 'value' in answer)).toEqual([true, false, false, false]);
    expect(pending(connection)).toBe(1);
  });

  it('that another process locks out fails as a whole, without waiting once for each call', async () => {
    const { books, database, connection } = await withMoney();
    database.pragma('busy_timeout = 20');
    const other = new Database(books.where);
    cleanups.push(() => other.close());
    other.exec('begin immediate');
    let begun = 0;
    const counting: Connection = {
      ...connection,
      begin() {
        begun++;
        connection.begin();
      },
    };
    const { answers } = runBatch(
      counting,
      Array.from({ length: 50 }, (_, index) => reserve(`t${index}`)),
    );
    expect(answers.every((answer) => 'error' in answer && answer.error.code === 'SQLITE_BUSY')).toBe(true);
    expect(begun).toBe(1);
    other.exec('rollback');
    expect(runBatch(connection, [reserve('t')]).answers).toEqual([{ value: 'held' }]);
  });
});

describe('the thread of SQLite', () => {
  const cleanups = afterEachTest();

  it('begins on the calls of a turn before that is over', async () => {
    const books = await sqliteBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 1_000_000);
    const looking = openDatabase(books.where, { readonly: true });
    cleanups.push(() => looking.close());
    const tasks = looking.prepare('select count(*) from task').pluck();
    const reserved = Array.from({ length: 20 }, (_, i) => store.reserve(hold({ taskId: `task-${i}` })));
    const giveUpAt = Date.now() + 10_000;
    while (tasks.get() === 0 && Date.now() < giveUpAt);
    expect(tasks.get()).toBeGreaterThan(0);
    expect(await Promise.all(reserved)).toEqual(new Array(20).fill('held'));
  });

  it('ends the store when the file is broken under it: no answer after that', async () => {
    const books = await sqliteBooks(cleanups);
    const fatal: Error[] = [];
    const store = await books.open({ onFatal: (error) => fatal.push(error) });
    await openAccount(store, 10_000);
    await store.reserve(hold());
    // A foreign commit makes the thread drop its cached pages; all but the first are then overwritten.
    await books.sql("insert into fact (name, value) values ('foreign', '')");
    await books.sql('pragma wal_checkpoint(truncate)');
    const file = await open(books.where, 'r+');
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size - 4096, 0xff), 0, size - 4096, 4096);
    await file.close();

    await expect(store.settle(settled())).rejects.toThrow(/SQLITE_CORRUPT/);
    expect(fatal).toHaveLength(1);
    await expect(store.readAccount('alice')).rejects.toThrow(/SQLITE_CORRUPT/);
  });

  it('says so at once when it cannot open the file', async () => {
    const books = await sqliteBooks(cleanups);
    rmSync(books.where, { force: true });
    const database = new Database(books.where);
    database.exec('create table account (surprise)');
    database.close();
    await expect(books.open()).rejects.toThrow(/account/);
  });
});
