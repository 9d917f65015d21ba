import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callbackSecret } from '../../src/key.ts';
import { signWebhook } from '../../src/outbound/webhook.ts';
import { pepper } from '../world.ts';
import { failure, installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

const image = { type: 'ImageToTextTask', body: 'AAAA' } as const;
const ready = { errorId: 0, status: 'ready', solution: { text: 'a', confidence: 1 }, taskId: 't' };

/** A client whose server has read every image, and the addresses that were asked for. */
function clientOf(given: object = {}) {
  const asked: string[] = [];
  const client = new installed.sdk.Legible({
    key: 'k',
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json(ready);
    },
    ...given,
  });
  return { client, asked };
}

describe('a fetch', () => {
  test('that is the method of a window is called as that', async () => {
    const { client } = clientOf({
      async fetch(this: unknown) {
        if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation');
        return Response.json(ready);
      },
      retries: 0,
    });
    expect((await client.solve(image)).taskId).toBe('t');
  });

  test('whose bodies are no web streams has its lines read once they are all there', async () => {
    const lines = [ready, { ...ready, solution: { text: 'b', confidence: 1 } }].map((one) =>
      JSON.stringify(one),
    );
    const { client } = clientOf({
      // As node-fetch answers.
      fetch: async () => ({
        headers: new Headers({ 'content-type': 'application/x-ndjson' }),
        body: { pipe() {}, [Symbol.asyncIterator]() {} },
        text: async () => lines.map((line) => `${line}\n`).join(''),
      }),
    });
    const outcomes = await client.solveAll([image, image]);
    expect(outcomes.map(({ solution }) => solution?.text)).toEqual(['a', 'b']);
  });
});

describe('baseUrl', () => {
  test.each([
    [' http://127.0.0.1:7878/ \n', 'http://127.0.0.1:7878'],
    ['HTTP://Legible.example', 'http://legible.example'],
    ['https://a.example/legible//', 'https://a.example/legible'],
    ['http://a.example/?#', 'http://a.example'],
  ])('%j is asked as an address means it', async (baseUrl, address) => {
    const { client, asked } = clientOf({ baseUrl });
    await client.createTask(image);
    expect(asked).toEqual([`${address}/createTask`]);
  });

  test.each([
    ['ftp://a.example', 'ftp://a.example is no http address'],
    ['http://a.example:99999', 'http://a.example:99999 is no http address'],
    ['http://bob:secret@a.example:99999', '…@a.example:99999 is no http address'],
    ['http://a.example:99999/?key=secret', 'http://a.example:99999/?… is no http address'],
    ['http://bob:secret@a.example', 'takes no login, query or fragment'],
    ['http://a.example/?key=secret', 'takes no login, query or fragment'],
    ['http://a.example/#secret', 'takes no login, query or fragment'],
  ])('%s is refused at once, and no password told', (baseUrl, message) => {
    expect(() => clientOf({ baseUrl })).toThrow(new TypeError(`baseUrl: ${message}`));
  });
});

describe('an Idempotency-Key', () => {
  const wrong = ['заказ 7', 'a\nb', '', ' ', ' a', 'a'.repeat(256)];

  test.each(wrong)('%j is refused at once, as the caller’s mistake', async (idempotencyKey) => {
    const { client, asked } = clientOf();
    const error = await failure(client.solve(image, { idempotencyKey }));
    expect(error).toEqual(new TypeError('idempotencyKey: is not 1 to 255 printable ASCII characters'));
    expect(asked).toEqual([]);
  });

  test.each(wrong)('made as %j by newId is refused too, alone and of many', async (made) => {
    const { client, asked } = clientOf({ newId: () => made });
    for (const call of [client.createTask(image), client.solveAll([image])])
      expect(await failure(call)).toBeInstanceOf(TypeError);
    expect(asked).toEqual([]);
  });
});

test.each([
  ['a Map', (headers: [string, string][]) => new Map(headers)],
  [
    'Headers of another library',
    (headers: [string, string][]) => {
      const all = new Headers(headers);
      return { get: (name: string) => all.get(name) };
    },
  ],
])('a webhook whose headers are %s is read', async (_name, headersOf) => {
  const secret = callbackSecret('key', pepper);
  const body = JSON.stringify(ready);
  const signed = signWebhook({ id: 't', body, at: 0 }, secret);
  const headers = headersOf(
    Object.entries(signed).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  expect(await installed.sdk.readWebhook(body, headers, secret, { now: 0 })).toMatchObject({ taskId: 't' });
});
