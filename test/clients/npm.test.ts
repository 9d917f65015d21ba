import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture, price, start, type World } from '../world.ts';
import { buildClient, type Outcome, runClient } from './client.ts';
import { type Client, npmClients, withAddresses } from './npmClients.ts';
import { clock, image, type RealServers, realServers } from './realServers.ts';

/** Every client of npm, as it was published, against the real recogniser. */
const folder = mkdtempSync(join(tmpdir(), 'legible-client-'));
/** Enough for a server to stop and to start. */
const restartMs = 6_000;
let servers: RealServers;

beforeAll(async () => {
  servers = await realServers();
  await buildClient('capsolver-npm', folder);
});
afterAll(async () => {
  await servers.stop();
  rmSync(folder, { recursive: true, force: true });
});

function run(
  world: World,
  client: Client,
  program: string,
  { key = world.key, pauseMs = 300, env = {} } = {},
) {
  const { line, load, setUp, solve, modules = '' } = client;
  const body = `
    const key = ${JSON.stringify(key)};
    const pauseMs = ${pauseMs};
    ${setUp}
    async function solve(image) { ${solve} }
    ${program}`;
  return runClient(world, load, withAddresses(body, world.url, servers.dialectPorts), {
    modules,
    env,
    isRedirected: line.includes('redirect'),
  });
}

const solving = (encoded: string) => `return solve(${JSON.stringify(encoded)})`;

describe.each(npmClients(folder))('$name', (client) => {
  test('reads a real image, and pays for it once', async () => {
    await using world = await servers.open();
    expect(await run(world, client, solving(image))).toEqual({ value: servers.text });
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  test('sees that a key is wrong, that the balance is empty, that an image cannot be read', async () => {
    await using world = await servers.open();
    const outcomes = (await Promise.all([
      run(world, client, solving(image), { key: 'a-key-that-nobody-has' }),
      run(world, client, solving(await picture())),
    ])) as [Outcome, Outcome];
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
    await world.store.topUp({ accountId: 'alice', amount: -start, note: 'test', now: clock.now() });
    const [wrongKey, unsolvable] = outcomes.map(({ error }) => error);
    const { error: zeroBalance } = await run(world, client, solving(image));
    for (const [name, error] of Object.entries({ wrongKey, zeroBalance, unsolvable })) {
      const wanted = client[name as 'wrongKey'];
      if (typeof wanted === 'string') expect(error, name).toBe(wanted);
      else expect(error, name).toMatchObject(wanted as object);
    }
  });

  test('goes on after the server has been stopped and started', async () => {
    const first = await servers.open();
    const again = join(folder, `again-${client.name.replaceAll('/', '-')}`);
    // One that waits by itself has its task when the server stops; another asks once more.
    const program = client.waits
      ? solving(image)
      : `const image = ${JSON.stringify(image)};
         const before = await solve(image);
         const { existsSync } = require('node:fs');
         while (!existsSync(process.env.AGAIN)) await new Promise((next) => setTimeout(next, 50));
         const after = await solve(image);
         return after === before ? after : [before, after];`;
    const requiring = `import { createRequire } from 'node:module'; const require = createRequire('/');`;
    const load = client.load.includes('import ') ? `${requiring} ${client.load}` : client.load;
    const running = run(first, { ...client, load }, program, { pauseMs: restartMs, env: { AGAIN: again } });
    await expect
      .poll(() => first.money(), { timeout: 20_000 })
      .toEqual({ posted: start - price, pending: 0 });
    await first.stop();
    await using second = await servers.open({ dataDir: first.dataDir, port: first.port });
    writeFileSync(again, '');
    expect(await running).toEqual({ value: servers.text });
    expect((await second.money()).pending).toBe(0);
  });
});
