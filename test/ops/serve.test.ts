import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { freePort } from '../freePort.ts';
import { nodeFlags } from '../nodeFlags.ts';
import { scratch, startServer } from './server.ts';

const entry = fileURLToPath(new URL('../cli/entry.ts', import.meta.url));

/** `legible serve` in a process of its own. */
function serve(
  dataDir: string,
  settings: Record<string, string> = {},
  args: string[] = [],
  stderr: 'pipe' | number = 'pipe',
) {
  const child: ChildProcess = spawn(process.execPath, [...nodeFlags, entry, 'serve', ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      LEGIBLE_DATA_DIR: dataDir,
      LEGIBLE_PORT: '0',
      LEGIBLE_OPS_PORT: '0',
      LEGIBLE_RECOGNIZERS: '1',
      ...settings,
    },
    stdio: ['ignore', 'pipe', stderr],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const err = child.stderr ? text(child.stderr) : Promise.resolve('');
  const lines: string[] = [];
  const output = createInterface(child.stdout!).on('line', (line) => lines.push(line));
  /** The first line of standard output that matches. */
  async function line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = lines.find((candidate) => pattern.test(candidate));
      if (found !== undefined) return found;
      const ended = await Promise.race([once(output, 'line'), exited.then(() => 'ended')]);
      if (ended === 'ended') throw new Error(`ended without ${pattern}: ${await err}`);
    }
  }
  return { child, exited, err, lines, line };
}

it('where the store can promise nothing any more, every connection is cut before an answer can leave, and no new one is taken', async () => {
  const dataDir = scratch();
  const { promise: fatal, resolve } = Promise.withResolvers<Error>();
  const { url, post } = await startServer({ LEGIBLE_DATA_DIR: dataDir }, resolve);
  const idle = connect(Number(new URL(url).port), '127.0.0.1');
  const cut = once(idle.resume(), 'close');
  await post('/getBalance', {});
  rmSync(join(dataDir, 'legible.db'));
  expect((await fatal).message).toContain('removed or replaced');
  await cut;
  await expect(post('/getBalance', {})).rejects.toThrow('fetch failed');
});

it('a server whose database is removed under it ends', async () => {
  const dataDir = scratch();
  const { exited, err, line } = serve(dataDir);
  await line(/^curl /);
  rmSync(join(dataDir, 'legible.db'));
  expect(await exited).toEqual([70, null]);
  expect(await err).toContain('has been removed or replaced while it was in use');
});

it('the first start prints a key and a line that reads an image when it is pasted; later ones do not', async () => {
  const dataDir = scratch();
  const first = serve(dataDir);
  const curl = await first.line(/^curl /);
  expect(curl).toMatch(/"clientKey":"lgl_[0-9A-Za-z]{36}"/);
  const { stdout } = await promisify(execFile)('sh', ['-c', curl], { cwd: '/' });
  expect(JSON.parse(stdout)).toMatchObject({
    errorId: 0,
    status: 'ready',
    solution: { text: expect.stringMatching(/./) },
  });

  first.child.kill('SIGTERM');
  expect(await first.exited).toEqual([0, null]);

  const second = serve(dataDir);
  const greeting = await second.line(/answers on/);
  expect(second.lines.join()).not.toContain('lgl_');
  const url = /http:\S+/.exec(greeting)?.[0];
  const key = /lgl_[0-9A-Za-z]+/.exec(curl)?.[0];
  const balance = await fetch(`${url}/getBalance`, {
    method: 'POST',
    body: JSON.stringify({ clientKey: key }),
  });
  expect(await balance.json()).toMatchObject({ errorId: 0, balance: 9.9996 });
});

it('--json prints where it answers and the first key for programs', async () => {
  const server = serve(scratch(), { LEGIBLE_DIALECT_PORTS: '{"capmonster":0}' }, ['--json']);
  await server.line(/^}$/);
  const { url, opsUrl, dialectPorts, firstKey } = JSON.parse(server.lines.join('\n'));
  expect(dialectPorts).toEqual({ capmonster: expect.any(Number) });
  expect(dialectPorts.capmonster).toBeGreaterThan(0);
  expect(firstKey).toMatch(/^lgl_/);
  const balance = await fetch(`${url}/getState`, {
    method: 'POST',
    body: JSON.stringify({ clientKey: firstKey }),
  });
  expect(await balance.json()).toMatchObject({ errorId: 0, balance: 10 });
  expect((await fetch(`${opsUrl}/livez`)).status).toBe(200);
});

it('a server that nobody has a key of says so', async () => {
  const dataDir = scratch();
  const store = await openStore({ dataDir, databaseUrl: undefined });
  await store.createAccount({ id: 'alice', name: 'alice', now: 1 });
  await store.close();
  const { logged } = await startServer({ LEGIBLE_DATA_DIR: dataDir });
  expect(logged()).toContain('nobody has a key');
  expect((await startServer()).logged()).not.toContain('nobody has a key');
});

it('a server that was killed starts again, with its books right', async () => {
  const dataDir = scratch();
  const first = serve(dataDir);
  const key = /lgl_[0-9A-Za-z]+/.exec(await first.line(/"clientKey"/))?.[0];
  first.child.kill('SIGKILL');
  await first.exited;
  const second = serve(dataDir);
  const url = /http:\S+/.exec(await second.line(/answers on/))?.[0];
  const balance = await fetch(`${url}/getBalance`, {
    method: 'POST',
    body: JSON.stringify({ clientKey: key }),
  });
  expect(await balance.json()).toMatchObject({ errorId: 0, balance: 10 });
});

it('a second server on one data directory is refused in one line', async () => {
  const dataDir = scratch();
  await serve(dataDir).line(/^curl /);
  const second = serve(dataDir);
  expect((await second.exited)[0]).toBe(1);
  expect(await second.err).toMatch(/^error: Another server is running on .*\n$/);
});

it('a port in use is told in one line', async () => {
  const first = serve(scratch());
  const port = /127\.0\.0\.1:(\d+)/.exec(await first.line(/^curl /))?.[1] ?? '';
  const second = serve(scratch(), { LEGIBLE_PORT: port, LEGIBLE_LOG_LEVEL: 'silent' });
  expect((await second.exited)[0]).toBe(1);
  expect(await second.err).toMatch(
    `error: 127.0.0.1:${port} is in use already: stop what listens there, or set another`,
  );
});

it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with status 0 and nothing left open', async (signal) => {
  const server = serve(scratch());
  await server.line(/^curl /);
  server.child.kill(signal);
  expect(await server.exited).toEqual([0, null]);
  expect(await server.err).not.toMatch(/"level":"(error|fatal)"/);
});

it('a log that cannot be written keeps it neither from serving nor from its end', async () => {
  const full = openSync('/dev/full', 'w');
  const server = serve(scratch(), {}, [], full);
  closeSync(full);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await server.line(/^curl /))?.[0];
  expect((await fetch(`${url}/getBalance`, { method: 'POST', body: '{}' })).status).toBe(401);
  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual([0, null]);
});

it('while it stops, readiness is red; a second signal ends it at once', async () => {
  const opsPort = await freePort();
  const server = serve(scratch(), { LEGIBLE_OPS_PORT: String(opsPort) });
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(await server.line(/^curl /))?.[1]);
  const readyz = async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz`)).status;
  expect(await readyz()).toBe(200);
  // A request whose body never comes keeps the server from closing.
  const slow = connect(port, '127.0.0.1', () =>
    slow.write('POST /createTask HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{'),
  );
  await once(slow, 'connect');
  server.child.kill('SIGTERM');
  await vi.waitUntil(async () => (await readyz()) === 503, { timeout: 10_000 });
  slow.on('error', () => {});
  // The first half second's are taken for an echo of the first.
  const again = setInterval(() => server.child.kill('SIGTERM'), 100);
  expect(await server.exited).toEqual([null, 'SIGKILL']);
  clearInterval(again);
  expect(await server.err).toMatch(/SIGTERM came again.*killed before everything was closed/);
});

it('stopped while it reads images, it answers each, is paid for each once, and ends with status 0', async () => {
  const dataDir = scratch();
  const opsPort = await freePort();
  const server = serve(dataDir, { LEGIBLE_OPS_PORT: String(opsPort) });
  const curl = await server.line(/^curl /);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(curl)?.[0];
  const clientKey = /lgl_[0-9A-Za-z]+/.exec(curl)?.[0];
  const task = { type: 'ImageToTextTask', body: readFileSync('examples/common.png', 'base64') };
  const body = JSON.stringify({ clientKey, task });
  const asked = Array.from({ length: 60 }, () => fetch(`${url}/createTask`, { method: 'POST', body }));
  const underway = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
    return Number(/^legible_tasks_underway (\d+)$/m.exec(metrics)?.[1]);
  };
  await vi.waitUntil(async () => (await underway()) >= 5, { timeout: 10_000, interval: 1 });
  server.child.kill('SIGTERM');

  type Answer = { status?: string; errorCode?: string };
  const answers = await Promise.all(asked.map(async (one) => (await (await one).json()) as Answer));
  expect(await server.exited).toEqual([0, null]);
  const ready = answers.filter(({ status }) => status === 'ready');
  const refused = answers.filter(({ errorCode }) => errorCode === 'ERROR_SERVICE_UNAVALIABLE');
  expect(ready.length).toBeGreaterThanOrEqual(5);
  expect(ready.length + refused.length).toBe(60);
  const store = await openStore({ dataDir, databaseUrl: undefined });
  onTestFinished(() => store.close());
  expect((await store.listAccounts())[0]).toMatchObject({
    posted: 10_000_000 - 400 * ready.length,
    pending: 0,
  });
  expect(await store.audit(Date.now())).toEqual([]);
});

it('what nobody has foreseen is logged, and ends it with a status that is not 0', async () => {
  const surprise = `process.on('SIGUSR2', () => Promise.reject(new Error('a surprise')))`;
  const dataDir = scratch();
  const server = serve(dataDir, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(surprise)}`,
  });
  await server.line(/^curl /);
  server.child.kill('SIGUSR2');
  expect(await server.exited).toEqual([1, null]);
  expect(await server.err).toMatch(/"level":"fatal".*a surprise/);
  // It let go of everything: the next one starts.
  await serve(dataDir).line(/answers on/);
});
