import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { networksOf } from '../../src/flow/network.ts';
import { standardPrices } from '../../src/settings/prices.ts';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { installation, legible, legibleProcess } from './legible.ts';

const { settings, run, json } = installation();

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

  it('say that they have made a database, where there was none', async () => {
    const elsewhere = { LEGIBLE_DATA_DIR: `${settings.LEGIBLE_DATA_DIR}-elsewhere` };
    const made = await legible(['account', 'create', 'carol'], elsewhere);
    expect([made.status, made.err]).toEqual([
      0,
      `Made a database in ${elsewhere.LEGIBLE_DATA_DIR} (dataDir): there was none.\n`,
    ]);
    expect((await legible(['account', 'create', 'dora'], elsewhere)).err).toBe('');
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
    [['key', 'list', ''], 'An account needs a name'],
    [['package', 'list', ' '], 'An account needs a name'],
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
    [['key', 'create', 'alice', '--package', 'none', '--daily-cap', '5'], 'a daily cap would bound nothing'],
    [['key', 'revoke', 'none'], 'There is no such key'],
    [['key', 'callback-secret', 'none'], 'There is no such key'],
    [['package', 'create', 'alice'], '--calls'],
    [['package', 'end', 'none'], 'There is no package none'],
    [['ban', 'lift', '203.0.113.1'], 'Nothing bans 203.0.113.1'],
    [['ban', 'lift', 'lgl_aWholeKeyThatWasPasted'], 'id or hint of a key'],
  ])('%j is refused with a hint', async (args, hint) => {
    const { status, out, err } = await run(...args);
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain(hint);
    expect(err).not.toMatch(/\n\s+at |aWholeKey/);
  });

  it('with --json tell it as JSON on standard error', async () => {
    for (const args of [['accuont'], ['key', 'create'], ['topup', 'nobody', '1'], ['topup', 'alice', 'x']]) {
      const { status, out, err } = await run(...args, '--json');
      expect([status, out, Object.keys(JSON.parse(err))]).toEqual([1, '', ['error']]);
      expect(JSON.parse(err).error).toMatch(/^(?!error: )./);
    }
    expect(await run('--json', '--version')).toMatchObject({ status: 0, err: '' });
  });

  it('name accounts by their id where several have one name', async () => {
    const one = await json('account', 'create', 'eve');
    await json('account', 'create', 'eva');
    const database = new Database(databaseFile(settings.LEGIBLE_DATA_DIR));
    // As two commands of older versions could make them at once.
    database.exec("update account set name = 'eve' where name = 'eva'");
    database.close();
    const { status, err } = await run('topup', 'eve', '1');
    expect([status, err]).toEqual([
      1,
      'error: 2 accounts have this name; use the id: `legible account list`.\n',
    ]);
    expect(await json('topup', one.id, '1')).toMatchObject({ posted: 1_000_000 });
    expect((await run('account', 'create', 'eve')).err).toContain('There is an account eve already');
  });

  it('show names without what would steer a terminal', async () => {
    await run('account', 'create', 'red\u001b[31m\u0007 \u202eback\u2066wards\u2028');
    const { out } = await run('account', 'list');
    expect(out).toMatch(/red *back *wards/);
    expect(out).not.toMatch(/[\p{Cc}\p{Zl}\p{Bidi_Control}](?<!\n)/u);
  });
});

describe('key', () => {
  it('has a secret of its own that callbacks are signed with, the same whenever it is shown', async () => {
    const [one, other] = [await json('key', 'create', 'alice'), await json('key', 'create', 'alice')];
    const { secret } = await json('key', 'callback-secret', one.id);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await run('key', 'callback-secret', one.id)).out).toBe(`${secret}\n`);
    expect((await json('key', 'callback-secret', one.hint)).id).toBe(one.id);
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

  it('can be set to the dialect of its client, if that is spoken', async () => {
    expect(await json('key', 'create', 'alice', '--dialect', 'capmonster')).toMatchObject({
      dialect: 'capmonster',
    });
    expect((await run('key', 'list')).out).toContain('capmonster');
    const { status, err } = await run('key', 'create', 'alice', '--dialect', 'capmonstre');
    expect([status, err]).toEqual([
      1,
      expect.stringContaining('capsolver, anticaptcha, capmonster, 2captcha'),
    ]);
  });

  it('imports a foreign key from standard input, once', async () => {
    const key = 'CAP-0123456789ABCDEF';
    const first = await legibleProcess(['key', 'import', 'alice', '--json'], settings, `${key}\n`);
    expect(first.status).toBe(0);
    expect(first.out).not.toContain(key);
    const second = await legibleProcess(['key', 'import', 'alice'], settings, key);
    expect([second.status, second.err]).toEqual([1, 'error: This key is known already.\n']);
    expect((await run('key', 'revoke', JSON.parse(first.out).id)).status).toBe(0);
    const third = await legibleProcess(['key', 'import', 'alice'], settings, key);
    expect([third.status, third.err]).toEqual([1, expect.stringContaining('This key was revoked')]);
  });

  it.each<[why: string, key: string | Buffer, error?: string, more?: Record<string, string>]>([
    ['is short', 'short'],
    ['has blanks', 'two words of some length'],
    ['looks like one of ours', `lgl_${'a'.repeat(36)}`],
    ['is for the sandbox', 'test-0123456789ABC', 'test- are the sandbox', { LEGIBLE_SANDBOX: 'true' }],
    ['is UTF-16', Buffer.from('\uFEFFCAP-FEDCBA9876543210', 'utf16le'), 'is its file in UTF-8?'],
  ])('imports none that %s', async (_, key, error = '', more = {}) => {
    const refused = await legibleProcess(['key', 'import', 'alice'], { ...settings, ...more }, key);
    expect([refused.status, refused.err]).toEqual([1, expect.stringContaining(error)]);
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

describe('a ban', () => {
  const [of64, of56, of48] = networksOf('2001:db8::1').map(({ name }) => name) as [string, string, string];

  async function ban(...subjects: string[]) {
    const store = await openStore({ dataDir: settings.LEGIBLE_DATA_DIR, databaseUrl: undefined });
    const now = Date.now();
    for (const subject of subjects)
      await store.saveBan({ kind: 'address', subject, since: now, until: now + 600_000, count: 1 });
    await store.close();
  }

  it.each(['2001:db8::77', '2001:db8:0:0:1::/64', '2001:db8:0:0::/64', '2001:0DB8::/64'])(
    'of a /64 is lifted by %s, with those of the /56 and the /48 around it',
    async (subject) => {
      await ban(of64, of48, of56);
      const subjects = [of64, of56, of48];
      expect(await json('ban', 'lift', subject)).toEqual({ subject, lifted: true, subjects });
      expect(await json('ban', 'list')).toEqual([]);
    },
  );

  it.each(['203.0.113.7', '203.0.113.7/32', '::ffff:203.0.113.7', '::FFFF:cb00:7107'])(
    'of an IPv4 address is lifted by %s',
    async (subject) => {
      await ban('203.0.113.7');
      expect((await json('ban', 'lift', subject)).subjects).toEqual(['203.0.113.7']);
    },
  );

  it('of a /48 is shown, and is lifted without those of networks inside it', async () => {
    await ban(of64, of48);
    expect((await run('ban', 'list')).out).toContain(of48);
    expect((await run('ban', 'lift', '2001:db8::/56')).out).toBe(`${of48} may call again\n`);
    expect((await run('ban', 'lift', '2001:db8::/32')).status).toBe(1);
    expect((await json('ban', 'list')).map((b: { subject: string }) => b.subject)).toEqual([of64]);
    await json('ban', 'lift', of64);
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

  it('cuts a long value in the table, so that its columns fit a screen, and never with --json', async () => {
    const { out } = await run('config');
    const row = out.split('\n').find((line) => line.startsWith('prices'));
    expect(row).toMatch(/^prices {2,}\{"ImageToTextTask.{20,}… {2}default {2,}micro-USD/);
    expect(row!.indexOf('micro-USD')).toBeLessThan(100);
    const shown = await json('config');
    expect(shown.find(({ name }: { name: string }) => name === 'prices').value).toEqual(standardPrices);
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
