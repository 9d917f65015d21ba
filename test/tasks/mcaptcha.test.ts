import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mcaptchaSolver } from '../../bench/solvers.ts';
import { search } from '../../src/compute/search.ts';
import { httpServer } from '../outbound/loopback.ts';
import { openProofWorld, solved } from '../proofWorld.ts';
import type { World } from '../world.ts';

const require = createRequire(import.meta.url);
/** mCaptcha's proof of work, as its project published it for JavaScript: it is what the server checks with. */
const { digest, score } = polyfill();

const config = { string: 'a phrase of the server', salt: 'a salt of the server', difficulty_factor: 5_000 };
let site: Awaited<ReturnType<typeof httpServer>>;
let world: World;

beforeAll(async () => {
  site = await httpServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    const isVerified = request.url === '/api/v1/pow/verify' && (await verify(body));
    if (body.key !== 'sitekey') response.writeHead(400).end('{"error":"no such key"}');
    else if (request.url === '/api/v1/pow/config') response.end(JSON.stringify(config));
    else
      response.writeHead(isVerified ? 200 : 400).end(isVerified ? '{"token":"accepted"}' : '{"error":"no"}');
  });
  world = await openProofWorld([site.port], { settings: { maxPolls: 100_000 } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await site.close();
});

/** What mCaptcha's server does: the score is the one claimed, and high enough. */
async function verify(work: { string: string; nonce: number; result: string }): Promise<boolean> {
  const { salt, difficulty_factor: factor } = config;
  const length = `${String.fromCharCode(Buffer.byteLength(work.string))}${'\0'.repeat(7)}`;
  const real = score(await digest(`${salt}${length}${work.string}${work.nonce}`)) as bigint;
  const greatest = 2n ** 128n - 1n;
  return (
    work.string === config.string &&
    work.result === String(real) &&
    real >= greatest - greatest / BigInt(factor)
  );
}

const ask = (fields: Record<string, unknown>) => solved(world, { type: 'McaptchaTask', ...fields });

describe("mCaptcha's verification", () => {
  it('accepts our work and gives its token for it', async () => {
    const widget = await ask({ challengeURL: `${site.url}/widget/?sitekey=sitekey` });
    expect(widget.body).toMatchObject({ status: 'ready', solution: { token: 'accepted' } });
    const apart = await ask({ websiteURL: site.url, websiteKey: 'sitekey' });
    expect(apart.body).toMatchObject({ status: 'ready', solution: { token: 'accepted' } });
  });

  it('accepts the work for a challenge that came with the task', async () => {
    const { solution } = (await ask({ challenge: config })).body;
    expect(await verify(solution)).toBe(true);
    expect(await verify({ ...solution, nonce: solution.nonce + 1 })).toBe(false);
  });

  it('is the one that its own solver, compiled from Rust, works for', async () => {
    const own = await mcaptchaSolver();
    for (const [phrase, factor] of [
      ['ironmansucks', 1_000],
      ['x'.repeat(100), 300],
      ['ü', 700],
      ['y'.repeat(200), 300],
    ] as const) {
      const expected = JSON.parse(own(config.salt, phrase, factor));
      const challenge = { ...config, string: phrase, difficulty_factor: factor };
      const { solution } = (await ask({ challenge })).body;
      const least = BigInt(expected.result) < BigInt(solution.result) ? expected.result : solution.result;
      const greatest = 2n ** 128n - 1n;
      expect(BigInt(least) >= greatest - greatest / BigInt(factor)).toBe(true);
      // One thread from the start finds the very nonce that the solver finds.
      const bytes = Buffer.from(phrase);
      const length = Buffer.alloc(8);
      length.writeUInt32LE(bytes.length);
      const bound = (greatest - greatest / BigInt(factor)).toString(16).padStart(32, '0');
      const prefix = Buffer.concat([Buffer.from(config.salt), length, bytes]);
      const bounds = { least: bound, most: 'f'.repeat(32) };
      const found = search({ kind: 'digits', algorithm: 'sha256', prefix, ...bounds }, 1, 1_000_000)!;
      expect(found.counter).toBe(expected.nonce);
      expect(BigInt(`0x${found.hash.slice(0, 32)}`).toString()).toBe(expected.result);
    }
  });
});

it('a field that is left empty is as one left out', async () => {
  const widget = `${site.url}/widget/?sitekey=sitekey`;
  for (const fields of [
    { challengeURL: widget, websiteKey: '' },
    { challengeURL: ' ', websiteURL: widget, challenge: '', proxyAddress: '' },
  ])
    expect((await ask(fields)).body).toMatchObject({ status: 'ready', solution: { token: 'accepted' } });
  const { body } = await ask({ challengeURL: '', challenge: '' });
  expect(body.errorDescription).toBe('Invalid task data: task.challenge: is missing, and so is challengeURL');
});

it('a site without its key is refused before it is called', async () => {
  const { body } = await ask({ challengeURL: site.url });
  expect(body).toMatchObject({
    errorCode: 'ERROR_INVALID_TASK_DATA',
    errorDescription: 'Invalid task data: task.websiteKey: is missing',
  });
});

/** A script for browsers: it looks for `self`, and assigns to `exports`. */
function polyfill(): { digest(text: string): Promise<number[]>; score(hash: number[]): bigint } {
  const file = require.resolve('@mcaptcha/pow_sha256-polyfill/dist/index.js');
  const module = { exports: {} as never };
  new Function('module', 'exports', 'self', readFileSync(file, 'utf8'))(module, module.exports, globalThis);
  return module.exports;
}
