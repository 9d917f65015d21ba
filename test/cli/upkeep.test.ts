import { existsSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataDirProblem } from '../../src/dataDir.ts';
import { lockDataDir } from '../../src/store/lock.ts';
import { databaseFile } from '../../src/store/open.ts';
import { explained } from '../../src/store/sqlite/unusable.ts';
import { lastMigration } from '../store/engines.ts';
import { installation, legible, legibleProcess } from './legible.ts';

const { folder, settings, run, json } = installation();

beforeAll(async () => {
  await json('account', 'create', 'alice', '--balance', '25');
});

describe('a data directory that cannot be had', () => {
  it.each([
    ['/proc/nope', 'cannot be made'],
    [join(import.meta.filename, 'data'), 'is not a folder'],
  ])('%s is told in one line, at once', async (dataDir, what) => {
    for (const command of [['serve'], ['account', 'create', 'a'], ['restore', import.meta.filename]]) {
      const { status, err } = await legibleProcess(command, { LEGIBLE_DATA_DIR: dataDir });
      expect([status, err], err).toEqual([1, expect.stringMatching(/^error: .* name another folder/)]);
      expect(err).toContain(what);
    }
  });
});

describe('a data directory whose disk is not there', () => {
  it.each(['mounted', 'mounted/data'])('is not made through the link to it: %s', async (name) => {
    const place = join(folder, 'mounted');
    if (!lstatSync(place, { throwIfNoEntry: false })) symlinkSync(join(folder, 'unplugged'), place);
    const elsewhere = { LEGIBLE_DATA_DIR: join(folder, name) };
    const what = `${place} is a link to a folder that is not there`;
    const { status, err } = await legible(['account', 'create', 'a'], elsewhere);
    expect([status, err]).toEqual([1, expect.stringContaining(`error: ${what}: name another folder`)]);
    expect(dataDirProblem(elsewhere.LEGIBLE_DATA_DIR)).toBe(what);
  });
});

describe('a folder without a database', () => {
  it.each([
    ['backup', join(folder, 'nothing.db')],
    ['account', 'list'],
    ['account', 'show', 'alice'],
    ['topup', 'alice', '1'],
    ['key', 'list'],
    ['key', 'create', 'alice'],
    ['package', 'create', 'alice', '--calls', '1'],
    ['ban', 'list'],
  ])("is not the server's, and gets none from: %s %s", async (...args) => {
    const wrong = join(folder, 'wrong');
    const { status, out, err } = await legible(args, { LEGIBLE_DATA_DIR: wrong });
    expect([status, out]).toEqual([1, '']);
    expect(err).toBe(
      `error: There is no database in ${wrong} (dataDir); set LEGIBLE_DATA_DIR to the server's.\n`,
    );
    expect([existsSync(wrong), existsSync(join(folder, 'nothing.db'))]).toEqual([false, false]);
  });

  it('gets one from the first account', async () => {
    const fresh = { LEGIBLE_DATA_DIR: join(folder, 'fresh') };
    expect((await legible(['account', 'create', 'first'], fresh)).status).toBe(0);
    expect((await legible(['account', 'list'], fresh)).out).toContain('first');
  });
});

describe('a database that is gone under its server', () => {
  it('is not made anew by a command: the server would never see what is in it', async () => {
    const held = { LEGIBLE_DATA_DIR: join(folder, 'held') };
    const lock = lockDataDir(held.LEGIBLE_DATA_DIR)!;
    const { status, err } = await legible(['account', 'create', 'bob'], held);
    lock.release();
    expect([status, err]).toEqual([1, expect.stringContaining('its database is not there, or not yet')]);
    expect(existsSync(join(held.LEGIBLE_DATA_DIR, 'legible.db'))).toBe(false);
  });
});

describe('a database of an older version', () => {
  it('is not brought up to date by a command under its server, and is beside none', async () => {
    const older = { LEGIBLE_DATA_DIR: join(folder, 'older') };
    await legible(['account', 'create', 'bob'], older);
    const database = new Database(databaseFile(older.LEGIBLE_DATA_DIR));
    database.exec(lastMigration.undo.join(';'));
    const tables = () => database.prepare('select name from kysely_migration order by name').pluck().all();
    const server = lockDataDir(older.LEGIBLE_DATA_DIR)!;
    const { status, out, err } = await legible(['account', 'list'], older);
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(`without ${lastMigration.name}, and a server is running on them`);
    expect(tables()).not.toContain(lastMigration.name);
    server.release();
    expect((await legible(['account', 'list'], older)).status).toBe(0);
    expect(tables()).toContain(lastMigration.name);
    database.close();
  });
});

describe('a database that cannot be used', () => {
  it.each(['no database at all', 'damaged inside'])('is named, with the remedy: %s', async (damage) => {
    const dataDir = join(folder, damage.replaceAll(' ', '-'));
    const file = join(dataDir, 'legible.db');
    await legible(['account', 'create', 'a'], { LEGIBLE_DATA_DIR: dataDir });
    const bytes = readFileSync(file);
    writeFileSync(file, damage === 'damaged inside' ? bytes.fill(0x41, 4096, 60_000) : 'text '.repeat(1_000));
    const { status, err } = await legible(['account', 'list'], { LEGIBLE_DATA_DIR: dataDir });
    expect([status, err]).toEqual([1, expect.stringContaining(`error: ${file} is damaged: put a backup in`)]);
  });

  it('is named where its disk is full, which shows as an error of the disk at a first opening', () => {
    const told = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_IOERR_WRITE'].map((code) => {
      const error = explained(Object.assign(new Error('no'), { code }), '/data/legible.db');
      return (error as Error).message;
    });
    expect(told).toEqual([
      '/data/legible.db cannot be written: its disk is full (no)',
      '/data/legible.db cannot be written: its disk is full (no)',
      expect.stringMatching(/^\/data\/legible\.db can be neither read nor written: its disk fails/),
    ]);
  });

  it('is named where it may not be written, however that shows', () => {
    for (const code of ['SQLITE_READONLY', 'SQLITE_READONLY_DBMOVED', 'SQLITE_CANTOPEN']) {
      const error = explained(Object.assign(new Error('no'), { code }), '/data/legible.db');
      expect((error as Error).message).toMatch(/^\/data\/legible\.db cannot be written: give it/);
    }
  });
});

describe('backup and restore', () => {
  it('bring back the books of then, and keep those of before', async () => {
    const file = join(folder, 'copy.db');
    const then = await json('account', 'show', 'alice');
    expect(await json('backup', file)).toMatchObject({ file });
    expect(statSync(file).mode & 0o077).toBe(0);
    await json('topup', 'alice', '5');
    const { kept } = await json('restore', file);
    expect(await json('account', 'show', 'alice')).toEqual(then);
    expect(existsSync(kept)).toBe(true);
    await json('restore', kept);
    expect((await json('account', 'show', 'alice')).posted).toBe(then.posted + 5_000_000);
  });

  it('say which pepper the keys need where it is not in place', async () => {
    const [file, elsewhere] = [join(folder, 'moved.db'), join(folder, 'elsewhere')];
    await json('key', 'create', 'alice');
    await json('backup', file);
    const { status, out } = await legible(['restore', file], { LEGIBLE_DATA_DIR: elsewhere });
    expect([status, out]).toEqual([0, expect.stringContaining(`${join(elsewhere, 'pepper')} is missing`)]);
    writeFileSync(join(elsewhere, 'pepper'), 'another pepper of more than 32 characters');
    const other = await legible(['restore', file, '--json'], { LEGIBLE_DATA_DIR: elsewhere });
    expect(JSON.parse(other.out).missing).toContain('is not the pepper that the keys');
    expect(await json('restore', file)).toMatchObject({ missing: null });
  });

  it('refuse to write over a file, to read what is no backup, and to touch a running server', async () => {
    const file = join(folder, 'second.db');
    await json('backup', file);
    expect((await run('backup', file)).err).toContain('exists already');
    const damaged = join(folder, 'damaged.db');
    writeFileSync(damaged, readFileSync(file).fill(0x41, 4096, 60_000));
    for (const wrong of [damaged, import.meta.filename, join(folder, 'absent')]) {
      const before = await json('account', 'show', 'alice');
      const { status, err } = await run('restore', wrong);
      expect([status, err.startsWith('error: ')], err).toEqual([1, true]);
      expect(await json('account', 'show', 'alice')).toEqual(before);
    }
    const server = lockDataDir(settings.LEGIBLE_DATA_DIR);
    expect((await run('restore', file)).err).toContain('stop it first');
    server?.release();
    expect((await run('restore', file)).status).toBe(0);
  });
});
