import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { hold, lastMigration } from '../store/engines.ts';
import { legible, scratch } from './legible.ts';

const folder = scratch();
const name = `cli_${randomUUID().replaceAll('-', '')}`;
const server = new pg.Client({ connectionString: inject('postgresUrl') });
const databaseUrl = new URL(inject('postgresUrl'));
databaseUrl.pathname = name;
const settings = {
  LEGIBLE_DATA_DIR: join(folder, 'data'),
  LEGIBLE_DATABASE_URL: databaseUrl.href,
  LEGIBLE_PORT: '0',
  LEGIBLE_OPS_PORT: '0',
};

beforeAll(async () => {
  await server.connect();
  await server.query(`create database ${name}`);
});
afterAll(async () => {
  await server.query(`drop database ${name} with (force)`);
  await server.end();
});

async function json(...args: string[]) {
  const { status, out, err } = await legible([...args, '--json'], settings);
  expect([status, err]).toEqual([0, '']);
  return JSON.parse(out);
}

it('a database without tables is left as it is by commands that only look', async () => {
  for (const command of [
    ['account', 'list'],
    ['ban', 'list'],
    ['topup', 'alice', '1'],
  ]) {
    const { status, out, err } = await legible(command, settings);
    expect([status, out, err]).toEqual([
      1,
      '',
      `error: There are no tables of Legible in the database ${name} (databaseUrl); set LEGIBLE_DATABASE_URL to the server's.\n`,
    ]);
  }
  const { out } = await legible(['doctor'], settings);
  expect(out).toContain('tables are made at the first start');
  const here = new pg.Client({ connectionString: databaseUrl.href });
  await here.connect();
  const { rows } = await here.query("select 1 from information_schema.tables where table_schema = 'public'");
  await here.end();
  expect(rows).toEqual([]);
});

it('the commands work on PostgreSQL as on SQLite', async () => {
  const made = await legible(['account', 'create', 'alice', '--balance', '25', '--json'], settings);
  const note = `Made the tables in the database ${name} (databaseUrl): there were none.`;
  expect(made.err).toBe(`${JSON.stringify({ note })}\n`);
  await json('topup', 'alice', '0.000001');
  const { key } = await json('key', 'create', 'alice', '--daily-cap', '1');
  expect(key).toMatch(/^lgl_/);
  await json('package', 'create', 'alice', '--calls', '10');
  expect(await json('account', 'show', 'alice')).toMatchObject({ posted: 25_000_001, pending: 0 });
  expect(await json('key', 'list')).toHaveLength(2);
  expect(existsSync(join(settings.LEGIBLE_DATA_DIR, 'legible.db'))).toBe(false);
});

/** What a command prints on a machine whose clock is ahead of the database's. */
async function aheadBy(minutes: number, ...args: string[]) {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
  try {
    return await json(...args);
  } finally {
    vi.useRealTimers();
  }
}

it("commands go by the database's clock, and not by that of their own machine", async () => {
  const began = Date.now();
  const within = (from: number, minutes: number) => {
    const [least, most] = [began + minutes * 60_000, Date.now() + minutes * 60_000];
    // The test's server runs on this machine.
    expect(from).toBeGreaterThanOrEqual(least - 5);
    expect(from).toBeLessThanOrEqual(most + 5);
  };
  for (const off of [60, -60]) {
    const owner = await aheadBy(off, 'account', 'create', `owner ${off}`, '--balance', '1');
    within(owner.createdAt, 0);
    await aheadBy(off, 'topup', owner.id, '1');
    for (const { at } of (await json('account', 'show', owner.id)).entries) within(at, 0);
    const key = await aheadBy(off, 'key', 'create', owner.id, '--expires', '15m');
    within(key.expiresAt, 15);
    await aheadBy(off, 'key', 'revoke', key.id);
    within((await json('key', 'list', owner.id))[0].revokedAt, 0);

    const { id, expiresAt } = await aheadBy(
      off,
      'package',
      'create',
      owner.id,
      '--calls',
      '5',
      '--expires',
      '30m',
    );
    within(expiresAt, 30);
    expect(await aheadBy(off, 'package', 'list', owner.id)).toHaveLength(1);
    await aheadBy(off, 'key', 'create', owner.id, '--package', id);
    await aheadBy(off, 'package', 'end', id);
    expect(await json('package', 'list', owner.id)).toEqual([]);
  }
  const store = await openStore({ dataDir: settings.LEGIBLE_DATA_DIR, databaseUrl: databaseUrl.href });
  const ban = {
    kind: 'address',
    subject: '192.0.2.1',
    since: began,
    until: began + 600_000,
    count: 1,
  } as const;
  await store.saveBan(ban);
  await store.close();
  expect(await aheadBy(60, 'ban', 'list')).toEqual([ban]);
});

it('doctor looks at what PostgreSQL promises', async () => {
  const { status, out } = await legible(['doctor', '--json'], settings);
  const { findings } = JSON.parse(out) as { findings: { name: string; status: string }[] };
  const failed = findings.filter((finding) => finding.status === 'fail');
  expect(findings).toContainEqual(
    expect.objectContaining({ name: 'schema', status: 'ok', detail: lastMigration.name }),
  );
  // The tests' own server runs with fsync off, and doctor must not overlook that.
  expect(failed).toEqual([expect.objectContaining({ detail: expect.stringContaining('fsync') })]);
  expect(status).toBe(1);
});

it("doctor --fix refunds overdue holds, brings older tables up to date, and leaves the server's settings alone", async () => {
  await json('account', 'create', 'bob', '--balance', '1');
  const { id } = await json('account', 'show', 'bob');
  const { id: keyId } = await json('key', 'create', 'bob');
  const config = { dataDir: settings.LEGIBLE_DATA_DIR, databaseUrl: databaseUrl.href };
  const store = await openStore(config);
  const now = Date.now() - 300_000;
  const overdue = { accountId: id, keyId, now, deadline: now + 120_000 };
  // More than one sweep ends.
  const holds = Array.from({ length: 1_300 }, () => hold({ ...overdue, taskId: randomUUID() }));
  expect(new Set(await Promise.all(holds.map((each) => store.reserve(each))))).toEqual(new Set(['held']));
  await store.close();
  const older = new pg.Client({ connectionString: databaseUrl.href });
  await older.connect();
  await older.query(lastMigration.undo.join(';'));
  await older.end();

  const { status, out } = await legible(['doctor', '--fix', '--json'], settings);
  const { fixed, findings } = JSON.parse(out) as Record<string, { name: string; status: string }[]>;
  expect(fixed!.map((each) => each.name)).toEqual(['schema', 'I6']);
  expect(findings!.filter((finding) => finding.status === 'fail').map((each) => each.name)).toEqual([
    'fsync',
  ]);
  expect(status).toBe(1);
  expect(await json('account', 'show', 'bob')).toMatchObject({ posted: 1_000_000, pending: 0 });
});

it('doctor takes tables of a newer version for these, whatever of this one is missing as well', async () => {
  const later = new pg.Client({ connectionString: databaseUrl.href });
  await later.connect();
  const missing = await later.query("delete from kysely_migration where name like '0012%' returning *");
  await later.query("insert into kysely_migration (name, timestamp) values ('0012-other', '')");
  const { out } = await legible(['doctor', '--json'], settings);
  const { findings } = JSON.parse(out) as { findings: { name: string; detail: string; fixable?: boolean }[] };
  const { name: lost, timestamp } = missing.rows[0];
  await later.query("delete from kysely_migration where name = '0012-other'");
  await later.query('insert into kysely_migration (name, timestamp) values ($1, $2)', [lost, timestamp]);
  await later.end();
  expect(findings.find(({ name }) => name === 'schema')?.detail).toMatch(
    /^The database is of a newer Legible \(it has 0012-other\)/,
  );
});

it.each(['backup', 'restore'])('%s points to the tools of PostgreSQL', async (command) => {
  const { status, err } = await legible([command, join(folder, 'file')], settings);
  expect([status, err]).toEqual([1, expect.stringMatching(/^error: The data is in PostgreSQL: use pg_/)]);
});

it('an account that somebody else keeps locked is told as that, and that nothing was changed', async () => {
  const before = await json('account', 'show', 'alice');
  const other = new pg.Client({ connectionString: databaseUrl.href });
  await other.connect();
  await other.query('begin; select 1 from account for update');
  const { status, err } = await legible(['topup', 'alice', '1'], settings);
  await other.query('rollback');
  await other.end();
  expect(status).toBe(1);
  expect(err).toMatch(/^error: another holds what this needs .*57014.* nothing was changed, try again\n$/);
  expect(await json('account', 'show', 'alice')).toEqual(before);
});

it('a database that cannot be reached is told in one line, without its password', async () => {
  const closed = 'postgres://somebody:p4ssw0rd@127.0.0.1:1/none';
  const { status, err } = await legible(['account', 'list'], { ...settings, LEGIBLE_DATABASE_URL: closed });
  expect(status).toBe(1);
  expect(err).toMatch(/^error: .*ECONNREFUSED.*\n$/);
  expect(err).not.toContain('p4ssw0rd');
});
