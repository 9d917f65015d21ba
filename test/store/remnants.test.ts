import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { copySqlite } from '../../src/store/sqlite/engine.ts';
import { restoreBackup } from '../../src/store/sqlite/restore.ts';
import { verifyBackup } from '../../src/store/sqlite/verify.ts';
import { lookAtTables } from '../../src/store/tables.ts';
import { anotherOf, type KilledServer, killedServer, paidFirst, paidIn, paidLater } from './killedServer.ts';

let killed: KilledServer;
beforeAll(async () => {
  killed = await killedServer();
  rmSync(`${killed.file}-shm`, { force: true });
});

const pepperIn = (dataDir: string) =>
  writeFileSync(join(dataDir, 'pepper'), 'a pepper of more than 32 characters, kept');

/** Whoever opens a database is refused, and nothing changes. */
async function refused({ dataDir, file, backup }: KilledServer, reason: string) {
  const journal = existsSync(`${file}-wal`) && readFileSync(`${file}-wal`, 'hex');
  const databaseUrl = undefined;
  for (const open of [
    () => openStore({ dataDir, databaseUrl }),
    () => lookAtTables({ dataDir, databaseUrl }),
    () => copySqlite(file, `${backup}.new`),
  ])
    await expect(open()).rejects.toThrow(reason);
  expect(existsSync(`${file}-wal`) && readFileSync(`${file}-wal`, 'hex')).toBe(journal);
  expect(existsSync(`${backup}.new`)).toBe(false);
}

it('a database that was moved away is not made anew beside its journal, and works again when it is put back', async () => {
  const server = anotherOf(killed, 'moved');
  rmSync(server.file);
  await refused(server, 'has been moved away');
  expect(existsSync(server.file)).toBe(false);
  copyFileSync(killed.file, server.file);
  expect(await paidIn(server.dataDir)).toBe(paidFirst + paidLater);
});

it('one that is empty, or no database, is not made anew beside its journal', async () => {
  for (const content of ['', 'text '.repeat(1_000)]) {
    const server = anotherOf(killed, `content-${content.length}`);
    writeFileSync(server.file, content);
    await refused(server, `and ${server.file}-wal, which its last commits may be in, is left`);
    expect(readFileSync(server.file, 'utf8')).toBe(content);
    await restoreBackup(server.backup, server.file, Date.now());
    expect(await paidIn(server.dataDir)).toBe(paidFirst);
  }
});

it('one that is empty is not made anew beside the pepper of its keys', async () => {
  const server = anotherOf(killed, 'pepper');
  truncateSync(server.file);
  rmSync(`${server.file}-wal`);
  pepperIn(server.dataDir);
  await refused(
    server,
    `${server.file} is empty, and ${join(server.dataDir, 'pepper')}, which keys may have been made with`,
  );
});

it('one on a disk that is not there is not made anew through the link to it', async () => {
  const server = anotherOf(killed, 'linked');
  rmSync(`${server.file}-wal`);
  rmSync(server.file);
  symlinkSync(join(server.dataDir, 'elsewhere.db'), server.file);
  await refused(server, 'is a link to a file that is not there');
});

it('half a commit beside a database is taken back by whoever comes first, a reader too', async () => {
  const whole = anotherOf(killed, 'whole');
  const writer = new Database(whole.file);
  writer.exec('pragma journal_mode = delete; pragma cache_size = 1; begin; create table bulk (text)');
  for (let n = 0; n < 500; n++) writer.prepare('insert into bulk values (?)').run('x'.repeat(1_000));
  const halves = ['tables', 'copy', 'store'].map((name) => anotherOf(whole, name));
  writer.close();
  const [tables, copy, store] = halves as [KilledServer, KilledServer, KilledServer];
  for (const { file } of halves) expect(statSync(`${file}-journal`).size).toBeGreaterThan(512);
  expect((await lookAtTables({ dataDir: tables.dataDir, databaseUrl: undefined })).pending).toEqual([]);
  await copySqlite(copy.file, `${copy.file}.copy`);
  expect(await verifyBackup(`${copy.file}.copy`, Date.now())).toMatchObject({ accounts: 1 });
  for (const { dataDir } of [tables, copy, store]) expect(await paidIn(dataDir)).toBe(paidFirst + paidLater);
});

it('a first start that was killed at whatever moment is followed by another', async () => {
  const begun: ((file: string) => void)[] = [
    () => {},
    (file) => writeFileSync(file, ''),
    (file) => {
      writeFileSync(file, '');
      writeFileSync(`${file}-journal`, Buffer.alloc(512));
    },
  ];
  for (const begin of begun) {
    const dataDir = mkdtempSync(join(tmpdir(), 'legible-begun-'));
    begin(databaseFile(dataDir));
    const store = await openStore({ dataDir, databaseUrl: undefined });
    expect(await store.listAccounts()).toEqual([]);
    await store.close();
  }
});

it('a pepper that was brought before the first start does not keep that from making a database', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-brought-'));
  pepperIn(dataDir);
  await (await openStore({ dataDir, databaseUrl: undefined })).close();
  expect(existsSync(databaseFile(dataDir))).toBe(true);
});
