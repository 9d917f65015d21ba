import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callbackSecret } from '../../src/key.ts';
import { signWebhook } from '../../src/outbound/webhook.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { httpServer } from '../outbound/loopback.ts';
import { openProofWorld } from '../proofWorld.ts';
import { FakeClock, openWorld, pepper, picture, price, stalledReader, start, type World } from '../world.ts';
import { failure, installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
let world: World;
beforeAll(async () => {
  installed = await installSdk();
  world = await openProofWorld([80]);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  installed.remove();
});

const clientOf = (of: World, more: object = {}) =>
  new installed.sdk.Legible({ baseUrl: of.url, key: of.key, ...more });
const challenge = { string: 'a phrase', salt: 'a salt', difficulty_factor: 500 };

test('the tarball holds the built package, its README and licence, and nothing else', () => {
  const kinds = new Set(installed.files.map((path) => path.replace(/^dist\/\w+\.(js|d\.ts)$/, 'dist/*.$1')));
  expect([...kinds].sort()).toEqual(['LICENSE', 'README.md', 'dist/*.d.ts', 'dist/*.js', 'package.json']);
});

test('a real image by the real recogniser, in a program of its own', async () => {
  const clock = new FakeClock();
  const text = await RecognizerPool.start({ threads: 1, queueLimit: 8, clock });
  try {
    await using real = await openWorld({ clock, engines: { text } });
    const program = `
      import { readFile } from 'node:fs/promises';
      import { Legible } from '@legible/client';
      const client = new Legible({ baseUrl: '${real.url}', key: '${real.key}' });
      const { solution } = await client.imageToText(await readFile('${process.cwd()}/examples/common.png'));
      console.log(solution.text, (await client.getBalance()).balance);`;
    const [read, balance] = (await installed.run(process.execPath, [], program)).trim().split(' ');
    expect(read).toBe('hR4nTe');
    expect(Number(balance)).toBe((start - price) / 1_000_000);
  } finally {
    await text.stop();
  }
});

test('a queued task is waited for', async () => {
  const { solution } = await clientOf(world).solve({ type: 'McaptchaTask', challenge });
  expect(solution).toMatchObject({ string: 'a phrase', nonce: expect.any(Number) });
});

test('a redirection is not followed: it would take the key along', async () => {
  const keys: string[] = [];
  const elsewhere = await httpServer((request, response) => {
    request.on('data', (chunk) => keys.push(String(chunk))).on('end', () => response.end('{"errorId":0}'));
  });
  const moved = await httpServer((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
  );
  const client = new installed.sdk.Legible({
    baseUrl: `http://127.0.0.1:${moved.port}`,
    key: 'k',
    retries: 0,
  });
  expect((await failure(client.getBalance())).code).toBe('UNREADABLE_ANSWER');
  expect(keys).toEqual([]);
  await Promise.all([elsewhere, moved].map((server) => server.close()));
});

test('a report reaches the server', async () => {
  const client = clientOf(world);
  const { taskId } = await client.imageToText(await picture());
  await client.report(taskId, { invalid: true, code: 1001, message: 'wrong' });
  expect((await failure(client.report('no such task', { invalid: true }))).code).toBe('ERROR_TASKID_INVALID');
});

describe('errors', () => {
  test('have the code, the description and the id of the request', async () => {
    const client = clientOf(world, { key: 'wrong' });
    const error = await failure(client.getBalance());
    expect(error).toBeInstanceOf(installed.sdk.LegibleError);
    expect(error).toMatchObject({ code: 'ERROR_KEY_DENIED_ACCESS', message: 'Wrong account key' });
    expect(world.log.join('')).toContain(error.requestId);
  });

  test('of a task that failed have its id', async () => {
    const impossible = { ...challenge, difficulty_factor: 1 };
    const broken = { type: 'AltchaTask', challenge: { challenge: '00'.repeat(32), salt: 'x', maxnumber: 1 } };
    const error = await failure(clientOf(world).solve(broken as never));
    expect(error.code).toBe('ERROR_CAPTCHA_UNSOLVABLE');
    expect(error.taskId).toMatch(/^[0-9a-f-]{36}$/);
    expect(
      (await clientOf(world).solve({ type: 'McaptchaTask', challenge: impossible })).taskId,
    ).toBeTruthy();
  });

  test('an aborted signal ends the call with its own reason, and the task is not charged', async () => {
    await using stalled = await openWorld({ engines: { text: stalledReader } });
    const control = new AbortController();
    const call = clientOf(stalled).imageToText(await picture(), {}, { signal: control.signal });
    await expect.poll(() => stalled.money()).toEqual({ posted: start, pending: price });
    control.abort('enough');
    expect(await failure(call)).toBe('enough');
    await expect.poll(() => stalled.money()).toEqual({ posted: start, pending: 0 });
  });
});

test('a task whose answer was lost is charged once, and answered', async () => {
  await using own = await openWorld();
  let calls = 0;
  const losing: typeof fetch = async (...call) => {
    const answer = await fetch(...call);
    if (++calls > 2) return answer;
    await answer.text();
    throw new TypeError('terminated');
  };
  const clock = { now: () => 0, sleep: async () => {} };
  const { solution } = await clientOf(own, { fetch: losing, clock }).imageToText(await picture());
  expect([solution.text, calls]).toEqual(['k7mp2', 3]);
  expect(await own.money()).toEqual({ posted: start - price, pending: 0 });
});

describe('webhooks', () => {
  const secret = callbackSecret('key', pepper);
  const at = 1_700_000_000_000;
  const body = '{"errorId":0,"status":"ready","solution":{"text":"ä"},"taskId":"t"}';
  const signed = () => signWebhook({ id: 't', body, at }, secret);
  const read = (...[text, headers, key, now]: [string, object, string, number?]) =>
    installed.sdk.readWebhook(text, headers as Record<string, string>, key, { now: now ?? at });

  test('a message of the server is read', async () => {
    expect(await read(body, signed(), secret)).toMatchObject({ status: 'ready', taskId: 't' });
    expect(await read(body, new Headers(signed()), secret, at + 300_000)).toMatchObject({ taskId: 't' });
    const two = { ...signed(), 'webhook-signature': `v1,AAAA ${signed()['webhook-signature']}` };
    expect(await read(body, two, secret)).toMatchObject({ taskId: 't' });
  });

  test.each<[string, () => Parameters<typeof read>]>([
    ['a changed body', () => [body.replace('ä', 'a'), signed(), secret]],
    ['another id', () => [body, { ...signed(), 'webhook-id': 'u' }, secret]],
    ['another secret', () => [body, signed(), callbackSecret('other', pepper)]],
    ['an old message', () => [body, signed(), secret, at + 301_000]],
    ['one from the future', () => [body, signed(), secret, at - 301_000]],
    ['no signature', () => [body, { ...signed(), 'webhook-signature': undefined }, secret]],
    ['a signature that is no base64', () => [body, { ...signed(), 'webhook-signature': 'v1,*' }, secret]],
    ['a time that is no number', () => [body, { ...signed(), 'webhook-timestamp': 'x' }, secret]],
  ])('%s is refused', async (_name, message) => {
    expect((await failure(read(...message()))).code).toBe('WEBHOOK_REFUSED');
  });

  test('a signed form, of a task that was asked for as 2captcha has it, is refused and no broken JSON', async () => {
    const form = 'id=5&code=ABC';
    const error = await failure(read(form, signWebhook({ id: 't', body: form, at }, secret), secret));
    expect([error.code, error.message]).toEqual(['WEBHOOK_REFUSED', expect.stringContaining('not JSON')]);
  });

  test.each(['', 'whsec_', 'lgl_a key and no secret', secret.slice(0, 30), 'whsec_***'])(
    'a secret that is none (%j) is said to be that',
    async (wrong) => {
      const error = await failure(read(body, signed(), wrong));
      expect(error).toBeInstanceOf(installed.sdk.LegibleError);
      expect(error.code).toBe('WEBHOOK_REFUSED');
      expect(error.message).toContain('the secret is not one');
      if (wrong.length > 10) expect(error.message).not.toContain(wrong);
    },
  );

  test('of a real task reach a receiver that verifies them', async () => {
    const received = Promise.withResolvers<{ headers: object; body: string }>();
    const receiver = await httpServer(async (request, response) => {
      received.resolve({ headers: request.headers, body: Buffer.concat(await request.toArray()).toString() });
      response.end();
    });
    try {
      await using sending = await openProofWorld([receiver.port]);
      const task = { type: 'McaptchaTask', challenge } as const;
      const { taskId } = await clientOf(sending).createTask(task, { callbackUrl: receiver.url });
      const message = await received.promise;
      const [key] = await sending.store.listKeys('alice');
      const read = installed.sdk.readWebhook<typeof task>(
        message.body,
        message.headers as Record<string, string>,
        callbackSecret(key!.id, pepper),
        { now: sending.clock.now() },
      );
      expect(await read).toMatchObject({ status: 'ready', taskId, solution: { string: 'a phrase' } });
    } finally {
      await receiver.close();
    }
  });
});

test('tasks and solutions are typed, and errors by their codes', async () => {
  const program = readFileSync(new URL('./sdkTyped.txt', import.meta.url), 'utf8');
  expect(await installed.complaints(program)).toBe('');
});
