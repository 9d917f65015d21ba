import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture, price, start, type World } from '../world.ts';
import { withAddresses } from './npmClients.ts';
import { type PythonClient, pythonClients } from './pythonClients.ts';
import { clock, image, type RealServers, realServers } from './realServers.ts';

/**
 * Every client of PyPI, as it was published, against the real recogniser: in the Python that LEGIBLE_CLIENTS_PYTHON
 * names, where test/clients/requirements.txt is installed.
 */
const python = process.env.LEGIBLE_CLIENTS_PYTHON ?? 'python3';
const hasClients = isInstalled();
if (!hasClients)
  console.log(`SKIPPED: clients of PyPI (${python} has not what test/clients/requirements.txt names)`);

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'legible-python-'));
let servers: RealServers;

describe.skipIf(!hasClients)('PyPI', () => {
  beforeAll(async () => {
    servers = await realServers();
  });
  afterAll(async () => {
    await servers.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(pythonClients)('$name', (client) => {
    test('reads a real image, and pays for it once', async () => {
      await using world = await servers.open();
      expect(await run(world, client, 'tell(ask(image))')).toEqual({ value: servers.text });
      expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
    });

    test('sees that a key is wrong, that the balance is empty, that an image cannot be read', async () => {
      await using world = await servers.open();
      const asking = 'tell(ask(image))';
      const outcomes = await Promise.all([
        run(world, client, asking, { key: 'a-key-that-nobody-has' }),
        run(world, client, asking, { encoded: await picture() }),
      ]);
      expect(await world.money()).toEqual({ posted: start, pending: 0 });
      await world.store.topUp({ accountId: 'alice', amount: -start, note: 'test', now: clock.now() });
      outcomes.push(await run(world, client, asking));
      const { wrongKey, unsolvable, zeroBalance } = client;
      expect(outcomes).toEqual([wrongKey, unsolvable, zeroBalance].map((error) => ({ error })));
    });

    test('goes on after the server has been stopped and started', async () => {
      const first = await servers.open();
      const again = join(folder, client.name);
      const running = run(
        first,
        client,
        '(lambda asked: [wait(), tell(asked), tell(ask(image))])(ask(image))',
        {
          again,
        },
      );
      await expect
        .poll(() => first.money(), { timeout: 20_000 })
        .toEqual({ posted: start - price, pending: 0 });
      await first.stop();
      await using second = await servers.open({ dataDir: first.dataDir, port: first.port });
      writeFileSync(again, '');
      expect(await running).toEqual({ value: [null, servers.text, servers.text] });
      expect(await second.money()).toEqual({ posted: start - 2 * price, pending: 0 });
    });
  });
});

async function run(
  world: World,
  client: PythonClient,
  expression: string,
  { key = world.key, encoded = image, again = '' } = {},
): Promise<{ value: unknown } | { error: string }> {
  const program = `
import json, os, sys, time
key, image, again = sys.argv[1:]
def wait():
    while not os.path.exists(again): time.sleep(0.05)
${withAddresses(client.program, world.url, servers.dialectPorts)}
try: outcome = {"value": ${expression}}
except Exception as error: outcome = {"error": str(error)}
print("\\n" + json.dumps(outcome))
`;
  const { stdout } = await promisify(execFile)(python, ['-c', program, key, encoded, again], {
    timeout: 60_000,
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: join(root, 'examples'),
      LEGIBLE_URL: world.url,
      // As on many machines of companies: what is led to this one goes past them.
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1,localhost',
    },
  });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

function isInstalled(): boolean {
  const names =
    'capsolver, python3_capsolver, anticaptchaofficial, python_anticaptcha, twocaptcha, capmonster_python';
  try {
    execFileSync(python, ['-c', `import ${names}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
