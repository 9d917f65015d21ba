import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { longestRateLimitSeconds } from './rateLimit.ts';
import { failure, installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

/** A client whose server says what the test wants, and whose time passes at once. */
function scripted(answers: (Response | Error)[], more: object = {}) {
  const sent: { path: string; headers: Headers; body: Record<string, unknown> }[] = [];
  const slept: number[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    sent.push({
      path: new URL(url).pathname,
      headers: new Headers(init.headers),
      body: JSON.parse(String(init.body)),
    });
    const answer = answers.shift() ?? expect.fail('one call too many');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  const client = new installed.sdk.Legible({
    key: 'k',
    fetch: fetch as typeof globalThis.fetch,
    clock,
    random: () => 1,
    ...more,
  });
  return { client, sent, slept };
}

const json = (body: object, headers: Record<string, string> = {}, status = 200) =>
  new Response(JSON.stringify(body), { status, headers });
const refused = (errorCode: string, headers = {}) =>
  json({ errorId: 1, errorCode, errorDescription: 'x' }, headers, 400);
const ready = (taskId = 't') =>
  json({ errorId: 0, status: 'ready', solution: { text: 'a', confidence: 1 }, taskId });
const image = { type: 'ImageToTextTask', body: 'AAAA' } as const;

describe('repeating', () => {
  test('what may be repeated, under one Idempotency-Key, with growing pauses', async () => {
    const lost = new TypeError('fetch failed');
    const { client, sent, slept } = scripted([
      lost,
      refused('ERROR_SERVICE_UNAVALIABLE', { 'retry-after': '7' }),
      new Response('<html>502</html>', { status: 502 }),
      refused('ERROR_TASK_TIMEOUT'),
      ready(),
    ]);
    expect((await client.solve(image)).solution.text).toBe('a');
    expect(slept).toEqual([500, 7_000, 2_000, 4_000]);
    expect(new Set(sent.map(({ headers }) => headers.get('idempotency-key'))).size).toBe(1);
    expect(sent[0]!.headers.get('idempotency-key')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('ends when it is enough, with the last error', async () => {
    const { client, sent } = scripted(Array(3).fill(new TypeError('fetch failed')), { retries: 2 });
    const error = await failure(client.getBalance());
    expect(error.code).toBe('NO_ANSWER');
    expect((error.cause as Error).message).toBe('fetch failed');
    expect(sent).toHaveLength(3);
  });

  test.each([
    'ERROR_ZERO_BALANCE',
    'ERROR_KEY_DENIED_ACCESS',
    'ERROR_INVALID_TASK_DATA',
    'ERROR_CAPTCHA_UNSOLVABLE',
    'ERROR_IP_BANNED',
    'ERROR_KEY_TEMP_BLOCKED',
    'ERROR_PROXY_BANNED',
  ])('%s is not repeated', async (code) => {
    const { client, sent } = scripted([refused(code, { 'retry-after': '5' })]);
    const error = await failure(client.solve(image));
    expect(error).toMatchObject({ code, retryAfterMs: 5_000 });
    expect(sent).toHaveLength(1);
  });

  test('a rate limit is waited out, however long the window stays full', async () => {
    const seconds = longestRateLimitSeconds();
    const { client, slept } = scripted([
      refused('ERROR_RATE_LIMIT', { 'retry-after': String(seconds) }),
      ready(),
    ]);
    expect((await client.solve(image)).solution.text).toBe('a');
    expect(slept).toEqual([seconds * 1_000]);
  });

  test('what a proxy answers is repeated no sooner than it says, in seconds or as a time', async () => {
    const page = (retryAfter: string) =>
      new Response('<html>429</html>', {
        status: 429,
        headers: { date: 'Sun, 29 Nov 2026 12:00:00 GMT', 'retry-after': retryAfter },
      });
    const { client, slept } = scripted([page('4'), page('Sun, 29 Nov 2026 12:00:06 GMT'), ready()]);
    expect((await client.solve(image)).solution.text).toBe('a');
    expect(slept).toEqual([4_000, 6_000]);
  });

  test('of a key of another dialect numbers are texts, and a server that is full is asked again', async () => {
    const full = { errorId: 2, errorCode: 'ERROR_NO_SLOT_AVAILABLE', errorDescription: 'x' };
    const { client } = scripted([json(full), json({ errorId: 0, taskId: 17 })]);
    expect(await client.createTask(image)).toEqual({ taskId: '17' });
  });

  test('what the server wants to rest for longer than that is not repeated', async () => {
    const { client } = scripted([refused('ERROR_RATE_LIMIT', { 'retry-after': '71' })]);
    expect((await failure(client.solve(image))).code).toBe('ERROR_RATE_LIMIT');
  });
});

describe('waiting', () => {
  const idle = () => json({ errorId: 0, status: 'idle', taskId: 't' });
  const processing = (headers = {}) => json({ errorId: 0, status: 'processing', taskId: 't' }, headers);

  test('the server is asked to hold the call, and asked again at once where it did', async () => {
    const held = { 'preference-applied': 'wait=30' };
    let now = 0;
    const clock = { now: () => (now += 30_000), sleep: async () => expect.fail('it slept') };
    const { client, sent } = scripted([idle(), processing(held), processing(held), ready()], { clock });
    await client.solve({ type: 'CapTask', challengeURL: 'https://a.example/x' });
    expect(sent.slice(1).map(({ headers }) => headers.get('prefer'))).toEqual(Array(3).fill('wait=30'));
  });

  test('after a pause where it only says so, as a server that stops does', async () => {
    const held = { 'preference-applied': 'wait=30' };
    const { client, slept } = scripted([idle(), processing(held), processing(held), ready()]);
    await client.solve({ type: 'CapTask', challengeURL: 'https://a.example/x' });
    expect(slept).toEqual([500, 750]);
  });

  test('is asked for no longer than a request may take', async () => {
    for (const [requestMs, prefer] of [
      [1_500, null],
      [21_000, 'wait=20'],
    ] as const) {
      const { client, sent } = scripted([idle(), ready()], { requestMs });
      await client.solve({ type: 'CapTask', challengeURL: 'https://a.example/x' });
      expect(sent[1]!.headers.get('prefer')).toBe(prefer);
    }
  });

  test('that gets no answer tells of which task, which may be solved and charged by then', async () => {
    const lost = () => new TypeError('fetch failed');
    const one = scripted([idle(), lost(), lost()], { retries: 1 });
    const task = { type: 'CapTask', challengeURL: 'https://a.example/x' } as const;
    expect(await failure(one.client.solve(task))).toMatchObject({ code: 'NO_ANSWER', taskId: 't' });
    const lines = new Response('{"errorId":0,"status":"idle","taskId":"t"}\n', {
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const many = scripted([lines, lost()], { retries: 0 });
    const [outcome] = await many.client.solveAll([task]);
    expect(outcome).toMatchObject({ taskId: 't', error: { code: 'NO_ANSWER', taskId: 't' } });
  });

  test('ends with a task that has failed, whatever its code', async () => {
    const failed = { errorId: 1, errorCode: 'ERROR_TASK_TIMEOUT', errorDescription: 'x', status: 'failed' };
    const { client, sent } = scripted([idle(), json({ ...failed, taskId: 't' }, {}, 400)]);
    const error = await failure(client.solve({ type: 'CapTask', challengeURL: 'https://a.example/x' }));
    expect(error).toMatchObject({ code: 'ERROR_TASK_TIMEOUT', taskId: 't' });
    expect(sent).toHaveLength(2);
  });

  test('where it did not, with pauses that keep below 120 polls', async () => {
    const { client, slept } = scripted([idle(), ...Array.from({ length: 60 }, () => processing()), ready()]);
    await client.solve({ type: 'CapTask', challengeURL: 'https://a.example/x' });
    expect(slept.slice(0, 3)).toEqual([500, 750, 1125]);
    expect(slept.reduce((sum, ms) => sum + ms)).toBeGreaterThan(120_000);
  });

  test('not for ever', async () => {
    const stalled = scripted([idle()], {
      clock: {
        now: () => 0,
        sleep: (_ms: number, signal: AbortSignal) =>
          once(signal, 'abort').then(() => signal.throwIfAborted()),
      },
      retries: 1,
    });
    const call = stalled.client.solve(
      { type: 'CapTask', challengeURL: 'https://a.example/x' },
      { timeoutMs: 1 },
    );
    // Charged, it may yet be asked for.
    expect(await failure(call)).toMatchObject({ code: 'TIMEOUT', taskId: 't' });
  });
});

test('lines that are not read to their end are given up, so that the server can stop writing', async () => {
  const cancelled = Promise.withResolvers<void>();
  const endless = new ReadableStream({
    start: (stream) => stream.enqueue(new TextEncoder().encode('{"errorId":0,"taskId":"t"}\n<html>\n')),
    cancel: () => cancelled.resolve(),
  });
  const lines = new Response(endless, { headers: { 'content-type': 'application/x-ndjson' } });
  const { client, sent } = scripted([lines, ready(), ready()], { retries: 0 });
  const outcomes = await client.solveAll([image, image]);
  await cancelled.promise;
  // What has been done may be charged, although nothing is repeated: it is asked for under its name.
  expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined]);
  const [whole, ...alone] = sent.map(({ headers }) => headers.get('idempotency-key'));
  expect(alone).toContain(`${whole} 1`);
});

test.each([2 ** 31, Number.POSITIVE_INFINITY])('%d ms are no limit, rather than none at all', async (ms) => {
  const later = json({ errorId: 0, status: 'idle', taskId: 't' });
  const { client } = scripted([later, ready()], { requestMs: ms });
  const solved = await client.solve(
    { type: 'CapTask', challengeURL: 'https://a.example/x' },
    { timeoutMs: ms },
  );
  expect(solved.taskId).toBe('t');
});

test.each([-5, 1500.5])('what is left of a deadline may be %d ms', async (ms) => {
  const { client } = scripted([ready()], { requestMs: 20_000.5 });
  const solving = client.solve(image, { timeoutMs: ms });
  expect((await solving).taskId).toBe('t');
});

test.each(['127.0.0.1:7878', 'localhost:7878', ''])('"%s" is no address of a server', (baseUrl) => {
  expect(() => scripted([], { baseUrl })).toThrow(new TypeError(`baseUrl: ${baseUrl} is no http address`));
});
