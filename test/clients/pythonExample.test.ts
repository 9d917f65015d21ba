import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { laterPrices, laterType } from '../laterType.ts';
import { openWorld, price, start, type World } from '../world.ts';
import { longestRateLimitSeconds } from './rateLimit.ts';

const python = process.env.LEGIBLE_CLIENTS_PYTHON ?? 'python3';
const hasRequests = canImport('requests');
if (!hasRequests) console.log(`SKIPPED: docs/python.md (${python} has no requests)`);

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'legible-python-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!hasRequests)('the program of docs/python.md, as it is written', () => {
  let program: string;
  beforeAll(() => {
    program = /```python\n([\s\S]+?)```/.exec(readFileSync(join(root, 'docs/python.md'), 'utf8'))![1]!;
    writeFileSync(join(folder, 'read.py'), program);
  });

  const read = ({ url, key: own }: Pick<World, 'url' | 'key'>, key = own) =>
    run(python, [join(folder, 'read.py'), join(root, 'examples/common.png')], {
      env: { PATH: process.env.PATH, LEGIBLE_URL: url, LEGIBLE_KEY: key },
    });

  test('prints what an image says', async () => {
    await using world = await openWorld();
    expect((await read(world)).stdout).toBe('k7mp2\n');
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  test('says what is wrong, and ends with an error', async () => {
    await using world = await openWorld();
    await expect(read(world, 'wrong')).rejects.toMatchObject({
      code: 1,
      stderr: 'ERROR_KEY_DENIED_ACCESS: Wrong account key\n',
    });
  });

  test('waits out a rate limit, however long the window stays full', async () => {
    const seconds = longestRateLimitSeconds();
    const refusal = { errorId: 1, errorCode: 'ERROR_RATE_LIMIT', errorDescription: 'x' };
    const answers = [refusal, { errorId: 0, status: 'ready', solution: { text: 'after' } }];
    const server = createServer((_request, response) => {
      response.setHeader('retry-after', String(seconds));
      response.end(JSON.stringify(answers.shift()));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const noted = 'time.sleep = lambda pause: print("slept", pause)';
    writeFileSync(join(folder, 'read.py'), program.replace('\nSERVER =', `\n${noted}\nSERVER =`));
    const { stdout } = await read({ url: `http://127.0.0.1:${port}`, key: 'k' });
    server.close();
    expect(stdout).toBe(`slept ${seconds}\nafter\n`);
  });

  test('waits for what takes longer', async () => {
    const { type, asked } = laterType();
    await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
    writeFileSync(join(folder, 'read.py'), program.replace('"ImageToTextTask", "body"', '"EchoTask", "say"'));
    void expect
      .poll(() => asked.length)
      .toBe(1)
      .then(() => asked[0]!.end.resolve({ text: 'late' }));
    expect((await read(world)).stdout).toBe('late\n');
  });
});

function canImport(name: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
