import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkBooks } from '../../src/cli/checks/books.ts';
import { judgeFileSystem, judgeRoom } from '../../src/cli/checks/disks.ts';
import { checkFiles } from '../../src/cli/checks/files.ts';
import { checkRuntime } from '../../src/cli/checks/host.ts';
import { checkNetwork } from '../../src/cli/checks/network.ts';
import { checkServer } from '../../src/cli/checks/server.ts';
import { checkUpkeep } from '../../src/cli/checks/upkeep.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { loadConfig, type Sources, traceConfig } from '../../src/settings/loadConfig.ts';
import { lockDataDir } from '../../src/store/lock.ts';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { hold, openAccount } from '../store/engines.ts';
import { installation, stubSettings } from './legible.ts';

const config = (settings: Record<string, string>) => loadConfig(settings, '');

describe('doctor on outgoing calls', () => {
  it('passes a guard that refuses every way inside', async () => {
    const found = await checkNetwork(config({}));
    expect(found.map(({ name, status }) => [name, status])).toEqual([
      ['guard', 'ok'],
      ['outboundAllow', 'ok'],
    ]);
  });

  it('fails on one that lets something through, in its address or by its name', async () => {
    const everywhere = ['0.0.0.0/0', '::/0'];
    const [open] = await checkNetwork(config({}), (options) => new Guard({ ...options, allow: everywhere }));
    expect(open).toMatchObject({ name: 'guard', status: 'fail' });
    for (const way of ['http://169.254.169.254/', 'http://[::ffff:127.0.0.1]/', 'a name that leads to this'])
      expect(open!.detail).toContain(way);
    for (const scheme of ['file:', 'gopher:', 'user:password']) expect(open!.detail).not.toContain(scheme);
  });

  it('warns of what the operator lets clients reach', async () => {
    const [guard, allowed] = await checkNetwork(config({ LEGIBLE_OUTBOUND_ALLOW: '10.1.0.0/16' }));
    expect([guard!.status, allowed!.status]).toEqual(['ok', 'warn']);
    expect(allowed!.detail).toContain('10.1.0.0/16');
  });
});

describe('doctor on the machine', () => {
  it('advises memory for each recognition thread', async () => {
    const { settings } = installation();
    const advisedFor = async (threads: number) => {
      const found = await checkRuntime(config({ ...settings, LEGIBLE_RECOGNIZERS: String(threads) }));
      return Number(/(\d+) are advised/.exec(found.find(({ name }) => name === 'memory')!.detail)?.[1]);
    };
    expect((await advisedFor(8)) - (await advisedFor(1))).toBe(7 * 140);
  });

  it.each([
    ['ext4', 0xef53, 'ok'],
    ['XFS', 0x58465342, 'ok'],
    ['NFS', 0x6969, 'fail'],
    ['CIFS', 0xff534d42, 'fail'],
    ['CIFS as a negative number', 0xff534d42 | 0, 'fail'],
    ['FUSE', 0x65735546, 'warn'],
    ['tmpfs', 0x01021994, 'warn'],
  ])('a database on %s', (_name, type, status) => {
    expect(judgeFileSystem(type).status).toBe(status);
  });
});

describe('doctor says what to do about', () => {
  const { settings } = installation();
  const listening = async (answer: object) => {
    const server = createServer((_, response) => response.end(JSON.stringify(answer))).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    return String((server.address() as AddressInfo).port);
  };
  const found = async (over: Record<string, string>) =>
    (await checkServer(config({ ...settings, LEGIBLE_PORT: '0', LEGIBLE_OPS_PORT: '0', ...over })))
      .filter(({ status }) => status === 'fail')
      .map(({ name, detail }) => `${name}: ${detail}`);

  it('a server that is not ready, by the checks that failed', async () => {
    const checks = { store: 'ok', model: 'failed', disk: 'failed' };
    const LEGIBLE_OPS_PORT = await listening({ status: 'failed', checks });
    expect(await found({ LEGIBLE_OPS_PORT })).toEqual([
      'running: readiness: failed: model, disk; its log says why: see that its threads have memory, and start it again; make room',
    ]);
    const ending = await listening({ status: 'draining', checks });
    expect(await found({ LEGIBLE_OPS_PORT: ending })).toEqual([
      'running: readiness: draining: it is being stopped; start it once it has ended',
    ]);
  });

  it('a port that is taken', async () => {
    const LEGIBLE_PORT = await listening({});
    expect(await found({ LEGIBLE_PORT })).toEqual([
      `port: 127.0.0.1:${LEGIBLE_PORT}: EADDRINUSE: stop what listens there, or set another port`,
    ]);
  });

  it('a disk that is nearly full', () => {
    expect(judgeRoom('/data', { free: 2 ** 30, low: false }).detail).toBe('1024 MiB free for /data');
    expect(judgeRoom('/data', { free: 2 ** 20, low: true })).toMatchObject({
      status: 'fail',
      detail: expect.stringMatching(/^1 MiB free for \/data: make room/),
    });
  });
});

describe('doctor on holds past their deadline', () => {
  async function withAccount() {
    const { settings } = installation();
    const dataDir = settings.LEGIBLE_DATA_DIR;
    stubSettings(settings);
    onTestFinished(() => void vi.unstubAllEnvs());
    const store = await openStore({ dataDir, databaseUrl: undefined });
    await openAccount(store, 10_000);
    return { settings, dataDir, store };
  }

  it('leaves them to a server that runs, whose time may be another than this machine’s', async () => {
    const { settings, dataDir, store } = await withAccount();
    await store.reserve(hold());
    await store.close();
    const I6 = async () => {
      const found = await checkBooks(config(settings), false);
      return found.find(({ name }) => name === 'I6');
    };

    const server = lockDataDir(dataDir);
    const served = await I6();
    expect(served).toMatchObject({ status: 'warn', detail: expect.stringContaining('the server that runs') });
    expect(served?.repair).toBeUndefined();
    server?.release();
    expect(await I6()).toMatchObject({ status: 'fail', repair: expect.any(Function) });
  });

  it('refunds them beside one that cannot be refunded, and names that', async () => {
    const { settings, dataDir, store } = await withAccount();
    for (const taskId of ['good', 'bad', 'fine']) await store.reserve(hold({ taskId }));
    await store.close();
    const database = new Database(databaseFile(dataDir));
    onTestFinished(() => void database.close());
    database.exec("update task set price = 5000 where id = 'bad'");

    const broken = async () =>
      (await checkBooks(config(settings), false)).filter(({ group }) => group === 'ledger');
    const found = await broken();
    expect(found.map(({ name }) => name)).toEqual(['I4', 'I6', 'I6', 'I6']);
    expect(await found[1]!.repair!()).toMatch(
      /: 2 queued again or refunded; .*; not to be refunded: bad of alice$/,
    );
    expect((await broken()).map(({ name }) => name)).toEqual(['I4', 'I6']);
    expect(database.prepare('select pending from account').pluck().get()).toBe(400);
  });
});

describe('doctor on backups', () => {
  const { folder, settings, run, json } = installation();
  const day = 24 * 3_600_000;
  const backupOf = (now: number) => checkUpkeep(config(settings), now)[0];

  it('asks for the first one, and for another after a week', async () => {
    expect(backupOf(Date.now())).toBeUndefined();
    await json('account', 'create', 'alice');
    expect(backupOf(Date.now())).toMatchObject({ name: 'backup', status: 'warn' });
    const file = join(folder, 'copy.db');
    await json('backup', file);
    expect(backupOf(Date.now() + 6 * day)).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining(file),
    });
    expect(backupOf(Date.now() + 8 * day)).toMatchObject({ status: 'warn' });
  });

  it('warns of a note that cannot be right or be read, and tells of a file that has gone', async () => {
    const note = join(settings.LEGIBLE_DATA_DIR!, 'last-backup.json');
    const gone = join(folder, 'gone.db');
    writeFileSync(note, JSON.stringify({ file: gone, at: Date.now() - day }));
    expect(backupOf(Date.now())).toMatchObject({ status: 'ok', detail: expect.stringContaining('no more') });
    expect(backupOf(Date.now() - 2 * day)).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('still to come'),
    });
    writeFileSync(note, '{');
    expect(backupOf(Date.now())).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('cannot be read'),
    });
  });

  it.skipIf(process.getuid?.() !== 0)(
    'does not say that one is gone, nor does restore, where this user may not look',
    async () => {
      const [note, guarded] = [join(settings.LEGIBLE_DATA_DIR!, 'last-backup.json'), join(folder, 'guarded')];
      const file = join(guarded, 'copy.db');
      await json('backup', join(folder, 'seen.db'));
      mkdirSync(guarded, { mode: 0o700 });
      writeFileSync(note, JSON.stringify({ file, at: Date.now() - day }), { mode: 0o600 });
      for (const each of [folder, settings.LEGIBLE_DATA_DIR!, note]) chownSync(each, 65_534, 65_534);
      process.seteuid!(65_534);
      onTestFinished(() => process.seteuid!(0));
      const { detail } = backupOf(Date.now())!;
      expect(detail).toContain(`${file}, which this user cannot look at (EACCES)`);
      expect((await run('restore', file)).err).toMatch(/^error: EACCES: /);
    },
  );

  it('a backup is good though it cannot be noted', async () => {
    const note = join(settings.LEGIBLE_DATA_DIR!, 'last-backup.json');
    rmSync(note, { force: true });
    mkdirSync(note);
    const file = join(folder, 'unnoted.db');
    const { status, out, err } = await run('backup', file);
    expect([status, out, err]).toEqual([
      0,
      expect.stringContaining('checked'),
      expect.stringMatching(/^doctor will not know of this backup: /),
    ]);
    const told = await run('backup', join(folder, 'unnoted.too.db'), '--json');
    expect(JSON.parse(told.err)).toEqual({ note: expect.stringContaining('doctor will not know') });
  });
});

describe('doctor on files of a group that is not their owner’s own', () => {
  const { settings, json } = installation();

  it.runIf(process.getuid?.() === 0)('takes them from others, and leaves the group to a person', async () => {
    await json('account', 'create', 'alice');
    const dataDir = settings.LEGIBLE_DATA_DIR!;
    const { config: read, sources } = traceConfig(settings, '');
    const modes = () => checkFiles(read, sources, Date.now()).find(({ name }) => name === 'data directory')!;
    chownSync(dataDir, 0, 65_534);
    chmodSync(dataDir, 0o775);
    expect(modes()).toMatchObject({ status: 'fail', detail: expect.stringContaining('unless the server') });
    expect(await modes().repair!()).toBe(`chmod o= ${dataDir}`);
    expect(statSync(dataDir).mode & 0o777).toBe(0o770);
    expect(modes().repair).toBeUndefined();
    chownSync(dataDir, 0, 0);
    expect(await modes().repair!()).toBe(`chmod go= ${dataDir}`);
    expect(modes()).toMatchObject({ status: 'ok' });
  });
});

describe('doctor on what commands that were killed have left', () => {
  const { folder } = installation();

  it('leaves out what is younger than an hour, and folders, whatever they are called', () => {
    const dataDir = join(folder, 'left');
    mkdirSync(join(dataDir, 'folder.db.part'), { recursive: true });
    const draft = join(dataDir, 'copy.db.part');
    writeFileSync(draft, '');
    const { mtimeMs } = statSync(draft);
    const leftAfter = (ms: number) =>
      checkFiles(config({ LEGIBLE_DATA_DIR: dataDir }), {} as Sources, mtimeMs + ms).at(-1);
    expect(leftAfter(3_600_000)).toMatchObject({ name: 'leftovers', status: 'ok' });
    const { status, detail } = leftAfter(3_600_001)!;
    expect([status, detail]).toEqual(['warn', `of commands that were killed: ${draft}`]);
  });
});

describe('doctor on a data directory that cannot be made', () => {
  const dataDir = join(import.meta.filename, 'data');
  const withPostgres = { LEGIBLE_DATA_DIR: dataDir, LEGIBLE_DATABASE_URL: 'postgres://db.example/legible' };
  it.each([
    ['of SQLite', { LEGIBLE_DATA_DIR: dataDir }, 'fail'],
    ['of PostgreSQL, which the pepper is to lie in', withPostgres, 'fail'],
    ['of PostgreSQL, where nothing lies in it', { ...withPostgres, LEGIBLE_PEPPER: 'p'.repeat(40) }, 'warn'],
  ])('%s', (_, settings, status) => {
    expect(checkFiles(config(settings), {} as Sources, 0)).toContainEqual(
      expect.objectContaining({ name: 'data directory', status }),
    );
  });
});
