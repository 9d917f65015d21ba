import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { networkOf } from '../../src/flow/network.ts';
import { lockDataDir } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/open.ts';
import { explained } from '../../src/store/sqlite/unusable.ts';
import { legible, legibleProcess, scratch } from './legible.ts';

const folder = scratch();
const settings = { LEGIBLE_DATA_DIR: join(folder, 'data') };
const run = (...args: string[]) => legible(args, settings);

async function json(...args: string[]) {
  const { status, out, err } = await run(...args, '--json');
  expect(err).toBe('');
  expect(status).toBe(0);
  return JSON.parse(out);
}

beforeAll(async () => {
  await json('account', 'create', 'alice', '--balance', '25');
});

describe('account and topup', () => {
  it('keep an exact balance, and every change of it in the ledger', async () => {
    await json('topup', 'alice', '0.000001');
    await json('topup', 'alice', '-3.5', '--note', 'a mistake');
    const { posted, pending, entries } = await json('account', 'show', 'alice');
    expect([posted, pending]).toEqual([21_500_001, 0]);
    expect(entries.map((e: { kind: string; amount: number }) => [e.kind, e.amount])).toEqual([
      ['adjust', -3_500_000],
      ['topup', 1],
      ['topup', 25_000_000],
    ]);
    expect(entries[0].note).toBe('a mistake');
  });

  it('refuse what the balance cannot bear, in one line and without a stack', async () => {
    const { status, out, err } = await run('topup', 'alice', '-1000');
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(/^error: The balance is \$\d+\.\d+, .* cannot change by -\$1000\.00\.\n$/);
  });

  it.each([
    [['topup', 'alice', '1e3'], 'US dollars'],
    [['topup', 'alice', '1000000000.01'], 'too large: $1000000000.00 is the most at once'],
    [['package', 'create', 'alice', '--calls', '99999999999'], 'too large: 9999999999 is the most'],
    [['account', 'create', ' '], 'An account needs a name'],
    [['key', 'create', 'alice', '--types', 'ImageToTxtTask'], 'did you mean ImageToTextTask?'],
    [['key', 'create', 'alice', '--types', 'Foo'], 'Foo is not a task type here; there are ImageToTextTask'],
    [['backup', '/nonexistent/x'], '/nonexistent is not a folder'],
    [['restore', import.meta.filename], `${import.meta.filename} is not a backup`],
    [['topup', 'nobody', '1'], 'There is no account nobody'],
    [['account', 'create', 'alice'], 'There is an account alice already'],
    [['accuont', 'list'], 'Did you mean account?'],
    [['key', 'create', 'alice', '--expires', 'yesterday'], 'a date or time to come'],
    [['key', 'create', 'alice', '--adresses', '::1'], 'Did you mean --addresses?'],
    [['key', 'create', 'alice', '--package', 'none'], 'no package none'],
    [['key', 'revoke', 'none'], 'There is no such key'],
    [['key', 'callback-secret', 'none'], 'There is no key none'],
    [['package', 'create', 'alice'], '--calls'],
    [['package', 'end', 'none'], 'There is no package none'],
    [['ban', 'lift', '203.0.113.1'], 'Nothing bans 203.0.113.1'],
  ])('%j is refused with a hint', async (args, hint) => {
    const { status, out, err } = await run(...args);
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(hint);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('with --json tell it as JSON on standard error', async () => {
    for (const args of [['accuont'], ['key', 'create'], ['topup', 'nobody', '1'], ['topup', 'alice', 'x']]) {
      const { status, out, err } = await run(...args, '--json');
      expect([status, out, Object.keys(JSON.parse(err))]).toEqual([1, '', ['error']]);
      expect(JSON.parse(err).error).toMatch(/^(?!error: )./);
    }
    expect(await run('--json', '--version')).toMatchObject({ status: 0, err: '' });
  });

  it('show names without what would steer a terminal', async () => {
    await run('account', 'create', 'red\u001b[31m\u0007');
    expect((await run('account', 'list')).out).not.toMatch(/\p{Cc}(?<!\n)/u);
  });
});

describe('key', () => {
  it('has a secret of its own that callbacks are signed with, the same whenever it is shown', async () => {
    const [one, other] = [await json('key', 'create', 'alice'), await json('key', 'create', 'alice')];
    const { secret } = await json('key', 'callback-secret', one.id);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await run('key', 'callback-secret', one.id)).out).toBe(`${secret}\n`);
    expect((await json('key', 'callback-secret', other.id)).secret).not.toBe(secret);
  });

  it('shows a key once and stores none of it but a hint', async () => {
    const made = await json('key', 'create', 'alice', '--types', 'ImageToTextTask', '--daily-cap', '0.5');
    expect(made).toMatchObject({ taskTypes: ['ImageToTextTask'], dailyCap: 500_000 });
    expect(made.key).toMatch(/^lgl_[0-9A-Za-z]{36}$/);
    expect((await run('key', 'list')).out).toContain(made.hint);
    const files = readdirSync(settings.LEGIBLE_DATA_DIR).map((name) => join(settings.LEGIBLE_DATA_DIR, name));
    for (const file of files) expect(readFileSync(file).includes(made.key), file).toBe(false);
  });

  it('imports a foreign key from standard input, once', async () => {
    const key = 'CAP-0123456789ABCDEF';
    const first = await legibleProcess(['key', 'import', 'alice', '--json'], settings, `${key}\n`);
    expect(first.status).toBe(0);
    expect(first.out).not.toContain(key);
    const second = await legibleProcess(['key', 'import', 'alice'], settings, key);
    expect([second.status, second.err]).toEqual([1, 'error: This key is known already.\n']);
    for (const wrong of ['short', 'two words of some length', `lgl_${'a'.repeat(36)}`])
      expect((await legibleProcess(['key', 'import', 'alice'], settings, wrong)).status, wrong).toBe(1);
  });

  it('is not made with a new pepper when the old one is lost: all keys of before would be refused', async () => {
    await json('key', 'create', 'alice');
    const pepper = join(settings.LEGIBLE_DATA_DIR, 'pepper');
    renameSync(pepper, `${pepper}.away`);
    const { status, err } = await run('key', 'create', 'alice');
    expect([status, existsSync(pepper)]).toEqual([1, false]);
    expect(err).toMatch(/^error: .*pepper is missing/);
    renameSync(`${pepper}.away`, pepper);
  });

  it('is limited to types by their names, in any case', async () => {
    const made = await json('key', 'create', 'alice', '--types', 'imagetotexttask,AltchaTask');
    expect(made.taskTypes).toEqual(['ImageToTextTask', 'AltchaTask']);
  });

  it('is revoked by its hint, or by itself on the command line or standard input, and never shown', async () => {
    const revokedAt = async (id: string) =>
      (await json('key', 'list')).find((key: { id: string }) => key.id === id).revokedAt;
    const [one, two, three] = [
      await json('key', 'create', 'alice'),
      await json('key', 'create', 'alice'),
      await json('key', 'create', 'alice'),
    ];
    expect(await json('key', 'revoke', one.hint)).toEqual({ id: one.id, revoked: true });
    expect(await json('key', 'revoke', two.key)).toEqual({ id: two.id, revoked: true });
    const piped = await legibleProcess(['key', 'revoke'], settings, `${three.key}\n`);
    expect(piped).toEqual({ status: 0, out: `Key ${three.id} is revoked\n`, err: '' });
    for (const { id } of [one, two, three]) expect(await revokedAt(id)).toBeGreaterThan(0);
    const again = await run('key', 'revoke', two.key);
    expect([again.status, again.err]).toEqual([1, `error: Key ${two.id} is revoked already.\n`]);
  });

  it('revokes a key', async () => {
    const { id } = await json('key', 'create', 'alice');
    await json('key', 'revoke', id);
    const keys = await json('key', 'list', 'alice');
    expect(keys.find((key: { id: string }) => key.id === id).revokedAt).toBeGreaterThan(0);
  });
});

describe('a data directory that cannot be had', () => {
  it.each([
    ['/proc/nope', 'cannot be made'],
    [join(import.meta.filename, 'data'), 'is not a folder'],
  ])('%s is told in one line, at once', async (dataDir, what) => {
    for (const command of [['serve'], ['account', 'list'], ['restore', import.meta.filename]]) {
      const { status, err } = await legibleProcess(command, { LEGIBLE_DATA_DIR: dataDir });
      expect([status, err], err).toEqual([1, expect.stringMatching(/^error: .* name another folder/)]);
      expect(err).toContain(what);
    }
  });
});

describe('a ban', () => {
  it.each(['2001:db8::77', '2001:db8:0:0:1::/64', '2001:db8:0:0::/64', '2001:0DB8::/64'])(
    'of a /64 is lifted by %s',
    async (subject) => {
      const store = await openStore({ dataDir: settings.LEGIBLE_DATA_DIR, databaseUrl: undefined });
      const now = Date.now();
      const ban = { subject: networkOf('2001:db8::1'), since: now, until: now + 600_000, count: 1 };
      await store.saveBan({ kind: 'address', ...ban });
      await store.close();
      expect(await json('ban', 'lift', subject)).toEqual({ subject, lifted: true });
      expect(await json('ban', 'list')).toEqual([]);
    },
  );
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

  it('is named where it may not be written, however that shows', () => {
    for (const code of ['SQLITE_READONLY', 'SQLITE_READONLY_DBMOVED', 'SQLITE_CANTOPEN']) {
      const error = explained(Object.assign(new Error('no'), { code }), '/data/legible.db');
      expect((error as Error).message).toMatch(/^\/data\/legible\.db cannot be written: give it/);
    }
  });
});

describe('package', () => {
  it('is made with a key of its own and its limits, listed, and ended', async () => {
    const made = await json(
      'package',
      'create',
      'alice',
      '--calls',
      '10',
      '--rate',
      '5',
      '--concurrency',
      '2',
    );
    expect(made).toMatchObject({ callsLeft: 10, rateLimit: 5, concurrency: 2, expiresAt: null });
    expect(made.keyHint).toBe(`${made.key.slice(0, 7)}…${made.key.slice(-3)}`);
    expect(await json('package', 'list', 'alice')).toHaveLength(1);
    await json('account', 'create', 'bob');
    await json('package', 'create', 'bob', '--calls', '1');
    expect(await json('package', 'list')).toHaveLength(2);
    await json('package', 'end', made.id);
    expect(await json('package', 'list', 'alice')).toEqual([]);
  });
});

describe('config', () => {
  it('prints every setting with its source, and no secret', async () => {
    const secret = 's3cret'.repeat(8);
    const { out } = await legible(['config', '--json'], { ...settings, LEGIBLE_PEPPER: secret });
    expect(out).not.toContain(secret);
    const shown = JSON.parse(out) as { name: string; value: unknown; source: string }[];
    expect(shown.find(({ name }) => name === 'pepper')).toMatchObject({
      value: '********',
      source: 'LEGIBLE_PEPPER',
    });
    expect(shown.find(({ name }) => name === 'port')).toMatchObject({ value: 7878, source: 'default' });
  });

  it('check tells all mistakes at once', async () => {
    const wrong = { LEGIBLE_PROT: '1', LEGIBLE_PORT: 'x' };
    const { status, err } = await legible(['config', 'check'], wrong);
    expect(status).toBe(1);
    expect(err).toContain('2 mistake(s)');
    expect(err).toContain('did you mean LEGIBLE_PORT?');
    expect((await run('config', 'check')).status).toBe(0);
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

describe('doctor', () => {
  async function examine(over: Record<string, string> = {}) {
    const { status, out } = await legible(['doctor', '--json'], {
      ...settings,
      LEGIBLE_PORT: '0',
      LEGIBLE_OPS_PORT: '0',
      ...over,
    });
    const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: { name: string; status: string }[] };
    return { status, ok, failed: findings.filter((f) => f.status === 'fail').map((f) => f.name), findings };
  }

  it('finds nothing on a sound installation', async () => {
    expect(await examine()).toMatchObject({ status: 0, ok: true, failed: [] });
  });

  it('makes no database where there is none', async () => {
    const empty = join(folder, 'empty');
    expect(await examine({ LEGIBLE_DATA_DIR: empty })).toMatchObject({ status: 0 });
    expect(existsSync(empty)).toBe(false);
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
});
