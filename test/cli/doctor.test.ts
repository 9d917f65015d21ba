import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkModels } from '../../src/cli/checks/models.ts';
import { makeCheckpoints } from '../../src/store/checkpoints.ts';
import { lockDataDir } from '../../src/store/lock.ts';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { hold, lastMigration } from '../store/engines.ts';
import { installation, legible, legibleProcess } from './legible.ts';

const { folder, settings, run, json } = installation();
const dataDir = settings.LEGIBLE_DATA_DIR;

beforeAll(async () => {
  await json('account', 'create', 'alice', '--balance', '25');
});

interface Examined {
  status: number | null;
  ok: boolean;
  fixed: { group: string; name: string; detail: string }[];
  findings: { group: string; name: string; status: string; detail: string; fixable: boolean }[];
  /** Names of what fails. */
  failed: string[];
}

async function examine(over: Record<string, string> = {}, ...more: string[]): Promise<Examined> {
  const ports = { LEGIBLE_PORT: '0', LEGIBLE_OPS_PORT: '0' };
  const { status, out } = await legible(['doctor', '--json', ...more], { ...settings, ...ports, ...over });
  const told = JSON.parse(out) as Omit<Examined, 'failed' | 'status'>;
  return {
    status,
    ...told,
    failed: told.findings.filter((f) => f.status === 'fail').map((f) => f.name),
  };
}

it('finds nothing on a sound installation', async () => {
  const found = await examine();
  expect(found).toMatchObject({ status: 0, ok: true, failed: [] });
  const schema = { group: 'store', name: 'schema', status: 'ok', detail: lastMigration.name };
  expect(found.findings).toContainEqual(expect.objectContaining(schema));
});

it('lets every model say what its example shows, and tells which of them does not', async () => {
  const { findings } = await examine();
  const models = findings.filter(({ group }) => group === 'model');
  expect(models.map(({ name, status }) => [name, status])).toEqual([
    ['text', 'ok'],
    ['second looks', 'ok'],
    ['classes', 'ok'],
    ['clicks', 'ok'],
  ]);
  const broken = await checkModels({
    one: () => Promise.reject(new Error('it is cut short')),
    other: async () => ({ isRight: false, answer: 'a dog' }),
    last: async () => ({ isRight: true, answer: 'a clock' }),
  });
  expect(broken.map(({ status }) => status)).toEqual(['fail', 'fail', 'ok']);
  expect(broken[0]).toMatchObject({ name: 'one', detail: 'it is cut short' });
  expect(broken[1]!.detail).toContain('sees a dog');
});

it('recounts the ledger behind its last checkpoint only when it is told to', async () => {
  const old = { LEGIBLE_DATA_DIR: join(folder, 'old') };
  await legible(['account', 'create', 'alice', '--balance', '25'], old);
  const file = databaseFile(old.LEGIBLE_DATA_DIR);
  const engine = await openSqlite(file, { committed() {}, fatal() {} });
  expect(await makeCheckpoints(engine, Date.now(), 1)).toMatchObject({ made: 1, violations: [] });
  await engine.close();
  const database = new Database(file);
  const [trigger] = database.prepare("select sql from sqlite_master where name = 'entry_no_update'").all();
  database.exec('drop trigger entry_no_update; update entry set amount = amount + 1');
  database.exec((trigger as { sql: string }).sql);
  database.close();
  expect((await examine(old)).failed).toEqual([]);
  const { failed, findings } = await examine(old, '--whole');
  expect([...new Set(failed)]).toEqual(['I1']);
  for (const { name, detail } of findings)
    if (name === 'I1') expect(detail).toMatch(/: stop the server, .* restore the last backup/);
});

it('makes no database where there is none', async () => {
  const empty = join(folder, 'empty');
  expect(await examine({ LEGIBLE_DATA_DIR: empty })).toMatchObject({ status: 0 });
  expect(existsSync(empty)).toBe(false);
});

it('fails where only a journal or a pepper is left of a database, and leaves it there', async () => {
  const rest = join(folder, 'rest');
  mkdirSync(rest, { mode: 0o700 });
  const [file, pepper] = [databaseFile(rest), join(rest, 'pepper')];
  writeFileSync(`${file}-wal`, 'frames', { mode: 0o600 });
  const judge = async () => (await examine({ LEGIBLE_DATA_DIR: rest })).failed;
  expect(await judge()).toEqual(['database']);
  const { status, err } = await legible(['account', 'list'], { LEGIBLE_DATA_DIR: rest });
  expect([status, err]).toEqual([1, expect.stringContaining(`${file} has been moved away, and ${file}-wal`)]);
  writeFileSync(file, '', { mode: 0o600 });
  expect(await judge()).toEqual(['database']);
  renameSync(`${file}-wal`, pepper);
  writeFileSync(pepper, 'a pepper of more than 32 characters');
  expect(await judge()).toEqual(['database']);
  expect([file, pepper].map((name) => statSync(name).size)).toEqual([0, 35]);
});

it('fails where the data directory can neither be used nor made', async () => {
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  const { status, findings } = await examine({ LEGIBLE_DATA_DIR: join(file, 'data') });
  expect(status).toBe(1);
  for (const name of ['data directory', 'database'])
    expect(findings).toContainEqual(
      expect.objectContaining({ name, status: 'fail', detail: expect.stringContaining(file) }),
    );
});

it('fails on a data directory open to others, a pepper that is damaged, and a port in use', async () => {
  const open = join(folder, 'open');
  mkdirSync(open);
  chmodSync(open, 0o755);
  writeFileSync(join(open, 'legible.db'), '');
  writeFileSync(join(open, 'pepper'), 'short', { mode: 0o600 });
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { status, failed } = await examine({ LEGIBLE_DATA_DIR: open, LEGIBLE_PORT: String(port) });
  other.close();
  expect(status).toBe(1);
  expect(failed).toEqual(expect.arrayContaining(['data directory', 'pepper', 'port']));
});

it('warns where the server that answers is not the one of the data directory', async () => {
  const ready = createServer((_, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1');
  await once(ready, 'listening');
  const LEGIBLE_OPS_PORT = String((ready.address() as AddressInfo).port);
  const warned = async (over = {}) =>
    (await examine(over)).findings
      .filter(({ group, status }) => group === 'server' && status === 'warn')
      .map(({ name, detail }) => `${name}: ${detail}`);
  expect(await warned({ LEGIBLE_OPS_PORT })).toEqual([
    expect.stringMatching(/but none runs on .* \(dataDir\)$/),
  ]);
  const lock = lockDataDir(dataDir);
  expect(await warned({ LEGIBLE_OPS_PORT })).toEqual([]);
  expect(await warned()).toEqual([expect.stringContaining('but does not answer on opsPort')]);
  lock?.release();
  expect(await warned()).toEqual([]);
  ready.close();
});

it('fails where keys are and their pepper is missing, or is another one', async () => {
  const pepper = join(settings.LEGIBLE_DATA_DIR, 'pepper');
  await json('key', 'create', 'alice');
  const other = { LEGIBLE_PEPPER: 'another pepper of more than 32 characters' };
  expect(await examine(other)).toMatchObject({ status: 1, failed: ['keys'] });
  const { status, err } = await legible(['key', 'create', 'alice'], { ...settings, ...other });
  expect([status, err]).toEqual([1, expect.stringContaining('is not the pepper that the keys')]);
  const server = await legibleProcess(['serve'], { ...settings, ...other, LEGIBLE_LOG_LEVEL: 'silent' });
  expect([server.status, server.err]).toEqual([1, err]);
  renameSync(pepper, `${pepper}.away`);
  expect(await examine()).toMatchObject({ status: 1, failed: ['keys'] });
  renameSync(`${pepper}.away`, pepper);
});

it('warns of what is listening for everybody', async () => {
  const { findings } = await examine({ LEGIBLE_HOST: '0.0.0.0' });
  expect(findings.find(({ name }) => name === 'listens beyond this machine')?.status).toBe('warn');
});

describe('--fix', () => {
  const database = databaseFile(dataDir);
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  it('takes from others what is secret, and says so', async () => {
    const pepper = join(dataDir, 'pepper');
    for (const [path, mode] of [
      [dataDir, 0o755],
      [pepper, 0o644],
      [database, 0o664],
    ] as const)
      chmodSync(path, mode);
    const before = await examine();
    expect([before.status, before.failed, before.fixed]).toEqual([
      1,
      ['data directory', 'pepper', 'database files'],
      [],
    ]);
    expect(before.findings.filter(({ fixable }) => fixable).map(({ name }) => name)).toEqual(before.failed);

    const after = await examine({}, '--fix');
    expect([after.status, after.ok, after.failed]).toEqual([0, true, []]);
    expect(after.fixed).toEqual([
      { group: 'files', name: 'data directory', detail: `chmod go= ${dataDir}` },
      { group: 'files', name: 'pepper', detail: `chmod go= ${pepper}` },
      { group: 'files', name: 'database files', detail: `chmod go= ${database}` },
    ]);
    expect([dataDir, pepper, database].map(modeOf)).toEqual(['700', '600', '600']);
  });

  it('keeps a settings file from others only where a secret stands in it', async () => {
    const file = join(folder, 'legible.json');
    writeFileSync(file, '{}');
    chmodSync(file, 0o644);
    expect((await examine({ LEGIBLE_CONFIG: file })).failed).toEqual([]);
    writeFileSync(file, JSON.stringify({ pepper: 'a pepper in a file, of more than 32 characters' }));
    const elsewhere = { LEGIBLE_CONFIG: file, LEGIBLE_DATA_DIR: join(folder, 'none') };
    expect((await examine(elsewhere)).failed).toEqual(['settings']);
    expect((await examine(elsewhere, '--fix')).failed).toEqual([]);
    expect(modeOf(file)).toBe('640');
  });

  it("removes what killed commands left, and nothing that may be in use or somebody else's", async () => {
    const left = [
      'copy.db.part',
      'legible-2026-11-24.sqlite.part-journal',
      'copy.sqlite.0a1b2c3d.part',
      'copy.sqlite.0a1b2c3d.part.upgrading-wal',
      'legible.db.restoring',
      'legible.db.restoring-placeholder',
      'legible.db.before-2026-01-01T00-00-00-000Z.part',
      'legible.db.restoring-wal',
      'pepper.0a1b2c3d',
    ];
    const others = ['new.db.part', 'legible.db.before-2026', 'notes.part', 'mine.restoring', 'pepper.old'];
    for (const name of [...left, ...others]) writeFileSync(join(dataDir, name), '');
    const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [...left, ...others.slice(1)]) utimesSync(join(dataDir, name), hoursAgo, hoursAgo);
    expect(await examine()).toMatchObject({ status: 0, fixed: [] });
    expect((await run('doctor', '--fix')).out).toMatch(/^fixed +files +leftovers +removed /m);
    const names = readdirSync(dataDir);
    expect(names).toEqual(expect.arrayContaining(others));
    for (const name of left) expect(names).not.toContain(name);
  });

  it('brings tables of an older version up to date, but not under a running server', async () => {
    const before = await json('account', 'show', 'alice');
    const older = new Database(database);
    older.exec(lastMigration.undo.join(';'));
    expect(await examine()).toMatchObject({ status: 1, failed: ['schema'] });
    const server = lockDataDir(dataDir);
    const refused = await examine({}, '--fix');
    expect([refused.status, refused.failed, refused.fixed]).toEqual([1, ['schema'], []]);
    const { detail, fixable } = refused.findings.find(({ name }) => name === 'schema')!;
    expect([detail, fixable]).toEqual([
      expect.stringContaining('a server is running on it; stop that'),
      false,
    ]);
    server?.release();

    expect(await examine({}, '--fix')).toMatchObject({
      status: 0,
      fixed: [{ group: 'store', name: 'schema', detail: `did ${lastMigration.name}` }],
    });
    older.close();
    expect(await json('account', 'show', 'alice')).toEqual(before);
  });

  it('refunds holds that are overdue, as the next start would', async () => {
    const { id, posted } = await json('account', 'show', 'alice');
    const { id: keyId } = await json('key', 'create', 'alice');
    const store = await openStore({ dataDir, databaseUrl: undefined });
    const now = Date.now() - 300_000;
    for (const taskId of ['one', 'other'])
      await store.reserve(hold({ taskId, accountId: id, keyId, price: 400, now, deadline: now + 120_000 }));
    await store.close();
    expect(await json('account', 'show', 'alice')).toMatchObject({ posted, pending: 800 });

    expect(await examine()).toMatchObject({ status: 1, failed: ['I6', 'I6'] });
    const { status, fixed } = await examine({}, '--fix');
    expect([status, fixed.map(({ group, name }) => [group, name])]).toEqual([0, [['ledger', 'I6']]]);
    expect(await json('account', 'show', 'alice')).toMatchObject({ posted, pending: 0 });
  });

  it('leaves alone what needs a person, and still fails', async () => {
    const damaged = join(folder, 'damaged');
    mkdirSync(damaged, { mode: 0o755 });
    chmodSync(damaged, 0o755);
    writeFileSync(join(damaged, 'pepper'), 'short', { mode: 0o600 });
    const { status, failed, fixed } = await examine({ LEGIBLE_DATA_DIR: damaged }, '--fix');
    expect([status, failed, fixed.map(({ name }) => name)]).toEqual([1, ['pepper'], ['data directory']]);
  });
});
