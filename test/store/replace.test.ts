import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { databaseFile } from '../../src/store/open.ts';
import type { openDatabase } from '../../src/store/sqlite/connection.ts';
import { restoreBackup } from '../../src/store/sqlite/restore.ts';
import { anotherOf, type KilledServer, killedServer, paidFirst, paidIn, paidLater } from './killedServer.ts';

/** Called before whatever changes the database's files or names, and before one is opened: to look, or to fail. */
const before = vi.hoisted(() => ({
  call: (_name: string) => {},
  opening: (_file: string) => {},
}));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const changing = [
    'linkSync',
    'renameSync',
    'rmSync',
    'copyFileSync',
    'writeFileSync',
    'chmodSync',
  ] as const;
  const watched = changing.map((name) => {
    const change = fs[name] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]) => {
        // Drafts come and go unseen until one is renamed.
        if (name === 'renameSync' || !String(args[0]).includes('restoring')) before.call(name);
        return change(...args);
      },
    ];
  });
  return { ...fs, ...Object.fromEntries(watched) };
});

vi.mock('../../src/store/sqlite/connection.ts', async (original) => {
  const connection = await original<{ openDatabase: typeof openDatabase }>();
  const open: typeof openDatabase = (file, options) => {
    before.opening(file);
    return connection.openDatabase(file, options);
  };
  return { ...connection, openDatabase: open };
});

let killed: KilledServer;
beforeAll(async () => {
  killed = await killedServer();
});
beforeEach(() => {
  Object.assign(before, { call() {}, opening() {} });
});

const now = Date.UTC(2026, 0, 1);
const keptName = 'legible.db.before-2026-01-01T00-00-00-000Z';
const restore = ({ backup, file }: KilledServer) => restoreBackup(backup, file, now);

/** Every file of the database that stands in a folder, without locks and drafts. */
function databaseFiles(dataDir: string): Record<string, string> {
  const names = readdirSync(dataDir).filter(
    (name) => /^legible\.db/.test(name) && !/restoring|-shm$/.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dataDir, name), 'hex')]));
}

function damage({ file }: KilledServer): void {
  writeFileSync(file, readFileSync(file).fill(0x41, 16, 4096));
}

/** The names as they stand before each change that a restore makes, as a kill there would leave them. */
async function cuts(server: KilledServer): Promise<string[]> {
  const states: string[] = [];
  const fs = await vi.importActual<typeof import('node:fs')>('node:fs');
  before.call = () => {
    const state = mkdtempSync(join(tmpdir(), 'cut-'));
    fs.cpSync(server.dataDir, state, { recursive: true });
    states.push(state);
  };
  await restore(server);
  before.call = () => {};
  return states;
}

it.each(['SQLITE_FULL', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_IOERR_WRITE'])(
  'a restore that %s keeps from working in the journal leaves both where they are',
  async (code) => {
    const server = anotherOf(killed, code);
    const stood = databaseFiles(server.dataDir);
    before.opening = (file) => {
      if (file === server.file) throw Object.assign(new Error('no'), { code });
    };
    await expect(restore(server)).rejects.toThrow(`${server.file} can`);
    before.opening = () => {};
    expect(databaseFiles(server.dataDir)).toEqual(stood);
    expect(await paidIn(server.dataDir)).toBe(paidFirst + paidLater);
  },
);

it('wherever a restore is cut off, the old database stands there with its last commits, or the new one', async () => {
  const server = anotherOf(killed, 'cut');
  const states = await cuts(server);
  expect(states.length).toBeGreaterThan(1);
  for (const state of states) expect(await paidIn(state)).toBe(paidFirst + paidLater);
  expect(await paidIn(server.dataDir)).toBe(paidFirst);
});

it('wherever the restore over a damaged database is cut off, that is there with its journal, and nothing else passes for it', async () => {
  const server = anotherOf(killed, 'damaged');
  damage(server);
  const { 'legible.db': damaged, 'legible.db-wal': journal } = databaseFiles(server.dataDir);
  const states = await cuts(server);
  for (const state of states) {
    const { 'legible.db': database, 'legible.db-wal': left, ...rest } = databaseFiles(state);
    if (database === damaged && left === journal) continue;
    expect(rest).toMatchObject({ [keptName]: damaged, [`${keptName}-wal`]: journal });
    if (left === undefined && !database?.startsWith(Buffer.from('Not a database').toString('hex')))
      expect(await paidIn(state)).toBe(paidFirst);
    else await expect(paidIn(state)).rejects.toThrow('`legible restore FILE`');
  }
  expect(databaseFiles(server.dataDir)).toMatchObject({ [keptName]: damaged, [`${keptName}-wal`]: journal });
  expect(await paidIn(server.dataDir)).toBe(paidFirst);
});

it('a restore that was cut off can be run again from wherever it was', async () => {
  const server = anotherOf(killed, 'again');
  damage(server);
  const { 'legible.db': damaged } = databaseFiles(server.dataDir);
  for (const state of await cuts(server)) {
    const isCutOff = readFileSync(databaseFile(state), 'latin1').startsWith('Not a database');
    const { kept } = await restoreBackup(server.backup, databaseFile(state), now + 1);
    expect(await paidIn(state)).toBe(paidFirst);
    // And it tells where that is which stood there before the first.
    expect(readFileSync(kept!, 'hex')).toBe(damaged);
    if (isCutOff) expect(kept).toBe(join(realpathSync(state), keptName));
  }
});

it('what a journal without its database belongs to is kept, and not worked into what is restored', async () => {
  const server = anotherOf(killed, 'journal');
  renameSync(server.file, `${server.file}.bad`);
  writeFileSync(`${server.file}-journal`, 'half a commit');
  const { kept } = await restore(server);
  expect(kept).toBe(join(server.dataDir, `${keptName}-wal`));
  expect(existsSync(join(server.dataDir, `${keptName}-journal`))).toBe(true);
  expect(existsSync(`${server.file}-journal`)).toBe(false);
  expect(await paidIn(server.dataDir)).toBe(paidFirst);
});

it('a link to a database is read with the journal beside that, and a link in its place leads to what is restored', async () => {
  const server = anotherOf(killed, 'linked');
  const [link, place] = [join(server.dataDir, 'latest.db'), join(server.dataDir, 'place')];
  mkdirSync(place);
  symlinkSync(server.file, link);
  symlinkSync(anotherOf(killed, 'real').file, databaseFile(place));
  await restoreBackup(link, databaseFile(place), now);
  expect(lstatSync(databaseFile(place)).isSymbolicLink()).toBe(true);
  expect(await paidIn(place)).toBe(paidFirst + paidLater);
});

it('whatever call of a restore fails, all names are as they were', async () => {
  const count = async (server: KilledServer) => {
    let calls = 0;
    before.call = () => {
      calls++;
    };
    await restore(server);
    return calls;
  };
  const probe = anotherOf(killed, 'probe');
  damage(probe);
  const calls = await count(probe);
  expect(calls).toBeGreaterThan(3);
  for (let at = 1; at <= calls; at++) {
    const server = anotherOf(killed, `fails-${at}`);
    damage(server);
    const stood = databaseFiles(server.dataDir);
    let left = at;
    before.call = (name) => {
      if (--left === 0) throw Object.assign(new Error(`EIO: ${name}`), { code: 'EIO' });
    };
    await expect(restore(server)).rejects.toThrow('EIO');
    before.call = () => {};
    expect(databaseFiles(server.dataDir), `call ${at}`).toEqual(stood);
    rmSync(server.dataDir, { recursive: true });
  }
});
