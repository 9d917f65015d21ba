import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settings } from '../../src/settings/config.ts';
import { ConfigError, loadConfig, traceConfig } from '../../src/settings/loadConfig.ts';
import { standardPrices } from '../../src/settings/prices.ts';

const directory = mkdtempSync(join(tmpdir(), 'legible-config-'));

function file(content: unknown): string {
  const path = join(directory, `${Math.random()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function problemsOf(environment: Record<string, string>, path = 'absent.json'): string[] {
  try {
    loadConfig(environment, path);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('configuration', () => {
  it('has a default for every setting but the two secrets', () => {
    const config = loadConfig({}, 'absent.json');
    const without = settings.filter(({ name }) => config[name] === undefined);
    expect(without.map(({ name }) => name)).toEqual(['pepper', 'databaseUrl']);
    expect(without.every(({ secret }) => secret)).toBe(true);
    expect(config).toMatchObject({ host: '127.0.0.1', port: 7878 });
  });

  it('takes a variable over legible.json over the default, and says which it was', () => {
    const path = file({ port: 9000, strict: true });
    const { config, sources } = traceConfig({ LEGIBLE_PORT: '9001' }, path);
    expect([config.port, sources.port]).toEqual([9001, 'LEGIBLE_PORT']);
    expect([config.strict, sources.strict]).toEqual([true, `strict in ${path}`]);
    expect([config.opsPort, sources.opsPort]).toEqual([7879, 'default']);
  });

  it('reads every setting from its LEGIBLE_ variable', () => {
    for (const { variable, name, standard } of settings) {
      const text = typeof standard === 'object' ? JSON.stringify(standard) : String(standard);
      if (standard === undefined || Array.isArray(standard)) continue;
      expect(traceConfig({ [variable]: text }, 'absent.json').config[name]).toEqual(standard);
    }
    expect(loadConfig({ LEGIBLE_DRAIN_SECONDS: '2.01' }, 'absent.json').drainSeconds).toBe(2.01);
    expect(loadConfig({ LEGIBLE_BAN_SECONDS: '5,10' }, '').banSeconds).toEqual([5, 10]);
    expect(loadConfig({ LEGIBLE_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, '').trustedProxies).toEqual([
      '10.0.0.0/8',
      '::1',
    ]);
  });

  it('takes an address of either family or a name to listen at', () => {
    for (const host of [
      '127.0.0.1',
      '0.0.0.0',
      '::',
      '::1',
      'fe80::1%eth0',
      'localhost',
      'my_host.example',
      'münchen.example',
    ])
      expect(loadConfig({ LEGIBLE_HOST: host, LEGIBLE_OPS_HOST: host }, '')).toMatchObject({
        host,
        opsHost: host,
      });
    expect(problemsOf({ LEGIBLE_HOST: ' ' })).toEqual(['LEGIBLE_HOST: is empty']);
  });

  it('takes a port of its own for each dialect, and refuses what it does not speak', () => {
    const ports = (value: object) => ({ LEGIBLE_DIALECT_PORTS: JSON.stringify(value) });
    const given = { anticaptcha: 7880, '2captcha': 7882 };
    expect(loadConfig(ports(given), 'absent.json').dialectPorts).toEqual(given);
    for (const wrong of [{ anticaptcha: 7878 }, { capmonster: 7879 }, { anticaptcha: 1, capmonster: 1 }])
      expect(problemsOf(ports(wrong))).toEqual([
        expect.stringMatching(/^dialectPorts\.\w+ is \d+, and so is/),
      ]);
    for (const wrong of [{ deathbycaptcha: 1 }, { anticaptcha: 'x' }, { anticaptcha: 70_000 }, []])
      expect(problemsOf(ports(wrong))).toHaveLength(1);
  });

  it('reports all mistakes at once, each with where it stands', () => {
    const path = file({ prot: 1, maxPolls: 1.5, banSeconds: [] });
    expect(
      problemsOf({ LEGIBLE_PORT: '', LEGIBLE_STRICT: 'perhaps', LEGIBLE_LOG_LEVLE: 'info' }, path).sort(),
    ).toEqual(
      [
        'LEGIBLE_LOG_LEVLE is not a setting; did you mean LEGIBLE_LOG_LEVEL?',
        'LEGIBLE_PORT: is not a number',
        'LEGIBLE_STRICT: is neither true nor false',
        `banSeconds in ${path}: is empty`,
        `maxPolls in ${path}: is not a whole number`,
        `prot in ${path} is not a setting; did you mean port?`,
      ].sort(),
    );
  });

  it('reports what is wrong between settings beside what is wrong with another', () => {
    const settings = { LEGIBLE_PORT: '7879', LEGIBLE_STRICT: 'perhaps', LEGIBLE_TASK_SECONDS: '-1' };
    expect(problemsOf({ ...settings, LEGIBLE_RESULT_SECONDS: '60' }).sort()).toEqual([
      'LEGIBLE_STRICT: is neither true nor false',
      'LEGIBLE_TASK_SECONDS: is not above 0 and below a year',
      'port and opsPort are both 7879',
    ]);
  });

  it.each([
    ...['LEGIBLE_HOST', 'LEGIBLE_OPS_HOST', 'LEGIBLE_DATA_DIR'].flatMap((variable) =>
      ['', '  '].map((text): [Record<string, string>, string] => [
        { [variable]: text },
        `${variable}: is empty`,
      ]),
    ),
    [{ LEGIBLE_PORT: '65536' }, 'LEGIBLE_PORT: is above 65535'],
    [{ LEGIBLE_PORT: '7879' }, 'port and opsPort are both 7879'],
    [
      { LEGIBLE_RESULT_SECONDS: '120' },
      'resultSeconds is 120: a task may end after taskSeconds (120), and nobody could fetch its result',
    ],
    [{ LEGIBLE_RESULT_SECONDS: '300.0005' }, 'LEGIBLE_RESULT_SECONDS: is finer than a thousandth'],
    [
      { LEGIBLE_MAX_IMAGE_BYTES: '20000000' },
      'bodyLimitBytes is 6291456: an image of maxImageBytes (20000000) has 26666668 characters',
    ],
    [{ LEGIBLE_PEPPER: 'short' }, 'LEGIBLE_PEPPER: is shorter than 32 characters'],
    [{ LEGIBLE_DATABASE_URL: 'mysql://x' }, 'LEGIBLE_DATABASE_URL: does not begin with postgres://'],
    [
      { LEGIBLE_DATABASE_URL: 'postgres://leg:a#b@127.0.0.1/legible' },
      'LEGIBLE_DATABASE_URL: is no address; in a password # / ? @ and % are written %23 %2F %3F %40 and %25',
    ],
    [{ LEGIBLE_PRICES: '{oops' }, 'LEGIBLE_PRICES: is not an object of type/module: micro-USD'],
    [
      { LEGIBLE_PRICES: '{"ImageToTextTask/common":0.5}' },
      'LEGIBLE_PRICES.ImageToTextTask/common: is not a whole number',
    ],
    [{ LEGIBLE_PRICES: '{"CapTask/common":-1}' }, 'LEGIBLE_PRICES.CapTask/common: is below 0'],
    [{ LEGIBLE_PRICES: '{"CapTask/common":1e13}' }, 'LEGIBLE_PRICES.CapTask/common: is above 1000000000000'],
    [{ LEGIBLE_PRICES: '{"HCaptchaTask/x":1}' }, 'LEGIBLE_PRICES.HCaptchaTask/x: is not served here'],
    [
      { LEGIBLE_PRICES: '{"ImageToTextTsk/comon":1}' },
      'LEGIBLE_PRICES.ImageToTextTsk/comon: is not served here; did you mean ImageToTextTask/common?',
    ],
    [{ LEGIBLE_BAN_SECONDS: '600,0' }, 'LEGIBLE_BAN_SECONDS.1: is not above 0 and below a year'],
    [
      { LEGIBLE_TRUSTED_PROXIES: '10.0.0.0/33' },
      'LEGIBLE_TRUSTED_PROXIES: holds something that is not an address or CIDR range',
    ],
    [
      { LEGIBLE_OPS_HOST: 'localhost:7879' },
      'LEGIBLE_OPS_HOST: is neither an address nor a name; the port has a setting of its own',
    ],
    ...['http://localhost', 'localhost:80', '[::1]', '127.0.0.1:80', '*', 'a b'].map(
      (host): [Record<string, string>, string] => [
        { LEGIBLE_HOST: host },
        'LEGIBLE_HOST: is neither an address nor a name; the port has a setting of its own',
      ],
    ),
    ...['0.0.0.0/0', '0.0.0.0/00', '10.0.0.0/8, ::/0', '::ffff:0:0/96'].map(
      (everybody): [Record<string, string>, string] => [
        { LEGIBLE_TRUSTED_PROXIES: everybody },
        'LEGIBLE_TRUSTED_PROXIES: holds a range of everybody, who could then call from any address that they name',
      ],
    ),
    [{ LEGIBLE_RATE_LIMIT: '-1' }, 'LEGIBLE_RATE_LIMIT: is below 1'],
    [{ LEGIBLE_RATE_LIMIT: '1e16' }, 'LEGIBLE_RATE_LIMIT: is out of range'],
    [{ LEGIBLE_PORT: '-1e16' }, 'LEGIBLE_PORT: is out of range'],
    [{ LEGIBLE_PORT: '7878.5' }, 'LEGIBLE_PORT: is not a whole number'],
    [{ LEGIBLE_DRAIN_SECONDS: '2592000' }, 'LEGIBLE_DRAIN_SECONDS: is above a day'],
    [{ LEGIBLE_CONFIG: directory }, `LEGIBLE_CONFIG: ${directory} cannot be read (EISDIR)`],
    [{ LEGIBLE_PEPPER_FILE: directory }, `LEGIBLE_PEPPER_FILE: ${directory} cannot be read (EISDIR)`],
    ...['app.example', 'https://app.example/', 'https://app.example/page', '**'].map(
      (origin): [Record<string, string>, string] => [
        { LEGIBLE_CORS_ORIGINS: `https://ok.example, ${origin}` },
        'LEGIBLE_CORS_ORIGINS: holds something that is neither * nor an origin like https://example.org',
      ],
    ),
    [{ LEGIBLE_CONFIG: '/does/not/exist.json' }, 'LEGIBLE_CONFIG: /does/not/exist.json does not exist'],
    [{ LEGIBLE_UTTERLY_UNKNOWN: '1' }, 'LEGIBLE_UTTERLY_UNKNOWN is not a setting'],
  ])('refuses %j', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('tells of an unknown name and of a wrong value beside it', () => {
    const given = { LEGIBLE_PRICES: '{"ImageToTextTask/comon":1,"CapTask/common":"x"}' };
    expect(
      problemsOf({ ...given, LEGIBLE_DIALECT_PORTS: '{"2captch":8080,"anticaptcha":-1}' }).sort(),
    ).toEqual([
      'LEGIBLE_DIALECT_PORTS.2captch: is no dialect; did you mean 2captcha?',
      'LEGIBLE_DIALECT_PORTS.anticaptcha: is below 0',
      'LEGIBLE_PRICES.CapTask/common: is not a number',
      'LEGIBLE_PRICES.ImageToTextTask/comon: is not served here; did you mean ImageToTextTask/common?',
    ]);
  });

  it('leaves alone the variables that the documents and examples set for clients', () => {
    const root = join(import.meta.dirname, '../..');
    const paths = globSync(['README.md', 'client/README.md', 'docs/*.md', 'examples/*.{cjs,py}'], {
      cwd: root,
    });
    const text = paths.map((path) => readFileSync(join(root, path), 'utf8')).join();
    const known = settings.flatMap(({ variable }) => [variable, `${variable}_FILE`]);
    const named = new Set(text.match(/\bLEGIBLE_[A-Z0-9_]*[A-Z0-9]/g));
    const others = [...named].filter((name) => name !== 'LEGIBLE_CONFIG' && !known.includes(name)).sort();
    expect(others).toEqual(['LEGIBLE_KEY', 'LEGIBLE_URL']);
    expect(problemsOf(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual([]);
  });

  it('reads a file that an editor on Windows has written', () => {
    expect(loadConfig({}, file('\uFEFF{"port": 9000}')).port).toBe(9000);
  });

  it('keeps the default prices of what `prices` does not name', () => {
    const { prices } = loadConfig({ LEGIBLE_PRICES: '{"ImageToTextTask/common":500}' }, 'absent.json');
    expect(prices).toEqual({ ...standardPrices, 'ImageToTextTask/common': 500 });
  });

  it('opens nothing, and has no secret of nothing, for a variable that is empty', () => {
    const empty = settings.filter(({ variable }) => problemsOf({ [variable]: '' }).length === 0);
    const lists = ['trustedProxies', 'corsOrigins', 'outboundAllow'];
    expect(empty.map(({ name }) => name)).toEqual(lists);
    for (const { variable, name } of empty) expect(loadConfig({ [variable]: '' }, '')[name]).toEqual([]);
  });

  it('refuses a file that is not a JSON object', () => {
    for (const content of ['[]', '{', 'null', '3']) {
      const path = file(content);
      expect(problemsOf({}, path)).toEqual([`${path} is not a JSON object`]);
    }
  });

  it('never repeats a value in a mistake: it could be a secret in the wrong place', () => {
    const canary = 'canary-2f9d';
    const numbers = settings.filter(({ standard }) => typeof standard === 'number');
    const environment = Object.fromEntries(numbers.map(({ variable }) => [variable, canary]));
    const problems = problemsOf({ ...environment, LEGIBLE_PEPPER: canary, LEGIBLE_DATABASE_URL: canary });
    expect(problems).toHaveLength(numbers.length + 2);
    expect(problems.join()).not.toContain(canary);
  });

  describe('of secrets', () => {
    const secret = 'p'.repeat(32);

    it('reads them from the file that LEGIBLE_<NAME>_FILE names, without its last newline', () => {
      const path = file(`${secret}\n`);
      const { config, sources } = traceConfig({ LEGIBLE_PEPPER_FILE: path }, 'absent.json');
      expect([config.pepper, sources.pepper]).toEqual([secret, 'LEGIBLE_PEPPER_FILE']);
    });

    it('refuses a missing file, two sources, and a file for what is no secret', () => {
      const missing = join(directory, 'missing');
      expect(problemsOf({ LEGIBLE_PEPPER_FILE: missing })).toEqual([
        `LEGIBLE_PEPPER_FILE: ${missing} does not exist`,
      ]);
      expect(problemsOf({ LEGIBLE_PEPPER: secret, LEGIBLE_PEPPER_FILE: file(secret) })).toEqual([
        'LEGIBLE_PEPPER and LEGIBLE_PEPPER_FILE are both set',
      ]);
      expect(problemsOf({ LEGIBLE_HOST_FILE: missing })[0]).toMatch('LEGIBLE_HOST_FILE is not a setting');
    });
  });
});
