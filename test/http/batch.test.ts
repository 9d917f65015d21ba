import { describe, expect, it } from 'vitest';
import { inTurn } from '../../src/flow/createTasks.ts';
import type { Reading } from '../../src/reading.ts';
import type { TextReader } from '../../src/tasks/task.ts';
import { ask, hosts, wire } from '../clients/wire.ts';
import { documentOf } from '../documented.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { openWorld, picture, price, start, type World } from '../world.ts';

const reading = (text: string): Reading => ({ text, confidence: 0.97, characters: [], alternatives: [] });

/** Tasks that a reader can tell apart: by the width of their pictures. */
const tasksOf = (widths: number[]) =>
  Promise.all(widths.map(async (width) => ({ type: 'ImageToTextTask', body: await picture(width, 40) })));
const widthOf = (png: Uint8Array) => Buffer.from(png).readUInt32BE(16);
const byWidth: TextReader = { read: async (png) => reading(`w${widthOf(png)}`) };

/** A reader that reads when it is told to, a picture of some width. */
function readerOnDemand() {
  const asked = new Map<number, PromiseWithResolvers<Reading>>();
  const reader: TextReader = {
    read(png) {
      const answer = Promise.withResolvers<Reading>();
      asked.set(widthOf(png), answer);
      return answer.promise;
    },
  };
  return { reader, asked, read: (width: number) => asked.get(width)!.resolve(reading(`w${width}`)) };
}

const make = async (world: World, widths: number[], init: RequestInit = {}) =>
  world.call('createTasks', { tasks: await tasksOf(widths) }, init);
const textsOf = (results: { solution?: { text: string }; errorCode: string }[]) =>
  results.map(({ solution, errorCode }) => solution?.text ?? errorCode);

describe('createTasks', () => {
  it('lets others pass between tasks that end at once', async () => {
    let done = 0;
    const all = inTurn(Array(100).fill(0), 16, async () => ++done);
    await new Promise(setImmediate);
    expect(done).toBeLessThan(50);
    await Promise.all(all);
    expect(done).toBe(100);
  });

  it('tells what is left of the limit after all its tasks, whichever of them ends last', async () => {
    await using world = await openWorld({ settings: { rateLimit: 100 } });
    const tasks = [...(await tasksOf([30])), ...Array.from({ length: 9 }, () => ({}))];
    const { headers } = await world.call('createTasks', { tasks });
    const next = await world.call('getBalance');
    const left = (answer: { headers: Headers }) =>
      Number(/r=(\d+)/.exec(answer.headers.get('ratelimit')!)![1]);
    expect(left({ headers })).toBe(left(next) + 1);
  });

  it('answers each as createTask would, in their order, with a charge each', async () => {
    await using world = await openWorld({ engines: { text: byWidth } });
    const widths = Array.from({ length: 100 }, (_, index) => 30 + index);
    const answer = await make(world, widths);
    expect([answer.status, Object.keys(answer.body)]).toEqual([
      200,
      ['errorId', 'errorCode', 'errorDescription', 'results'],
    ]);
    expect(textsOf(answer.body.results)).toEqual(widths.map((width) => `w${width}`));
    const documented = await documentOf(world);
    documented.expectAnswer('/createTasks', answer);
    for (const body of answer.body.results) documented.expectSchema('Ready', body);
    expect(new Set(answer.body.results.map(({ taskId }: { taskId: string }) => taskId)).size).toBe(100);
    expect(await world.money()).toEqual({ posted: start - 100 * price, pending: 0 });
  });

  it('a task that is refused stands in its place, costs nothing, and leaves the others alone', async () => {
    const settings = { prices: laterPrices, drainSeconds: 0.1 };
    await using world = await openWorld({ settings, moreTypes: [laterType().type] });
    const [image] = await tasksOf([30]);
    const tasks = [
      image,
      { type: 'Nothing' },
      'x',
      { type: 'EchoTask', say: 'x' },
      { ...image, body: 'AAAA' },
    ];
    const { body } = await world.call('createTasks', { tasks });
    expect(
      body.results.map((one: { status?: string; errorCode: string }) => one.status ?? one.errorCode),
    ).toEqual([
      'ready',
      'ERROR_TASK_NOT_SUPPORTED',
      'ERROR_INVALID_TASK_DATA',
      'idle',
      'ERROR_PARSE_IMAGE_FAIL',
    ]);
    expect(body.results[2].errorDescription).toBe('Invalid task data: task: is not an object');
    expect(await world.money()).toEqual({ posted: start - price, pending: 300 });
  });

  it('takes a list of 1 to 100 tasks', async () => {
    await using world = await openWorld({ settings: { blockErrors: 6 } });
    for (const [tasks, detail] of [
      [undefined, 'is missing'],
      [null, 'is missing'],
      ['x', 'is not a list'],
      [[], 'holds 0, and not 1 to 100'],
      [Array(101).fill({}), 'holds 101, and not 1 to 100'],
    ] as const) {
      const { status, body } = await world.call('createTasks', { tasks });
      expect([status, body.errorCode]).toEqual([400, 'ERROR_INVALID_TASK_DATA']);
      expect(body.errorDescription).toBe(`Invalid task data: tasks: ${detail}`);
    }
    const callbackUrl = `https://a.example/${'a'.repeat(2_048)}`;
    const { body } = await world.call('createTasks', { tasks: [{}, {}], callbackUrl });
    expect(body.errorDescription).toBe('Invalid task data: callbackUrl: is longer than 2048 characters');
    expect((await world.call('getBalance')).body.errorCode).toBe('ERROR_KEY_TEMP_BLOCKED');
  });

  it('is refused in its own form by whatever name of another service it is called', async () => {
    await using world = await openWorld({ settings: { bodyLimitBytes: 1_000 } });
    for (const host of Object.values(hosts)) {
      const body = JSON.stringify({ clientKey: world.key, tasks: ['x'.repeat(2_000)] });
      const { status, json } = await wire(world, '/createTasks', { host, body });
      expect([status, json.errorCode]).toEqual([400, 'ERROR_BAD_REQUEST']);
    }
  });

  it('makes tasks that a key of a dialect with numbers polls by the ids it was given', async () => {
    await using world = await openWorld({ settings: { sandbox: true } });
    const clientKey = 'test-async';
    const { body } = await world.call('createTasks', { clientKey, tasks: await tasksOf([30]) });
    const [{ taskId }] = body.results;
    const polled = await ask(world, 'anticaptcha', 'getTaskResult', { clientKey, taskId });
    expect(polled.status).toBe('processing');
  });

  it('with a wrong key is one mistake, and not one for each task', async () => {
    await using world = await openWorld({ settings: { banErrors: 2 } });
    const refused = await world.call('createTasks', {
      clientKey: 'wrong',
      tasks: await tasksOf([30, 31, 32]),
    });
    expect([refused.status, refused.body.errorCode]).toEqual([401, 'ERROR_KEY_DENIED_ACCESS']);
    expect((await world.call('getBalance')).status).toBe(200);
  });

  it('begins no task more once its key has been revoked', async () => {
    const { reader, asked, read } = readerOnDemand();
    await using world = await openWorld({ engines: { text: reader }, settings: { concurrency: 1 } });
    const batch = make(world, [30, 31, 32]);
    await expect.poll(() => asked.size).toBe(1);
    const [key] = await world.store.listKeys('alice');
    await world.store.revokeKey(key!.id, world.clock.now());
    world.clock.advance(1_000);
    read(30);
    const denied = 'ERROR_KEY_DENIED_ACCESS';
    expect(textsOf((await batch).body.results)).toEqual(['w30', denied, denied]);
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  it('counts each task that is refused, and each toward the rate', async () => {
    await using world = await openWorld({ settings: { rateLimit: 3, blockErrors: 2 } });
    const { body } = await make(world, [30, 31, 32, 33, 34]);
    expect(textsOf(body.results)).toEqual([...Array(3).fill('k7mp2'), ...Array(2).fill('ERROR_RATE_LIMIT')]);
    world.clock.advance(65_000);
    await world.call('createTasks', { tasks: [{ type: 'x' }, { type: 'y' }] });
    expect((await world.call('getBalance')).body.errorCode).toBe('ERROR_KEY_TEMP_BLOCKED');
  });

  it('says when to try again where that helps one of them, in a list as createTask does', async () => {
    await using world = await openWorld({ settings: { rateLimit: 2 } });
    const { headers } = await make(world, [30, 31, 32]);
    const alone = await world.call('createTask', { task: (await tasksOf([30]))[0] });
    expect(Number(alone.headers.get('retry-after'))).toBeGreaterThan(1);
    expect(headers.get('retry-after')).toBe(alone.headers.get('retry-after'));
    world.clock.advance(65_000);
    expect((await make(world, [30])).headers.get('retry-after')).toBeNull();
  });

  it.each([
    ['application/x-ndjson', true],
    ['application/json, application/ndjson;q=0.5', true],
    ['application/json, application/x-ndjson; q=0', false],
    ['application/x-ndjson;q=0.000, */*', false],
    ['*/*', false],
    ['text/x-ndjson', false],
  ])('to Accept: %s: lines are %s', async (accept, areLines) => {
    await using world = await openWorld();
    const answer = await fetch(`${world.url}/createTasks`, {
      method: 'POST',
      headers: { accept },
      body: JSON.stringify({ clientKey: world.key, tasks: await tasksOf([30]) }),
    });
    await answer.text();
    expect(answer.headers.get('content-type')!.includes('ndjson')).toBe(areLines);
  });

  it('has no more tasks under way at once than its key may have', async () => {
    const { reader, asked, read } = readerOnDemand();
    await using world = await openWorld({ settings: { concurrency: 2 }, engines: { text: reader } });
    const answer = make(world, [30, 31, 32, 33]);
    await expect.poll(() => [...asked.keys()]).toEqual([30, 31]);
    read(31);
    await expect.poll(() => [...asked.keys()]).toEqual([30, 31, 32]);
    for (const width of [30, 32]) read(width);
    await expect.poll(() => asked.has(33)).toBe(true);
    read(33);
    expect(textsOf((await answer).body.results)).toEqual(['w30', 'w31', 'w32', 'w33']);
  });

  it('streams lines where the client asks, each as soon as those before it are there', async () => {
    const { reader, asked, read } = readerOnDemand();
    await using world = await openWorld({ engines: { text: reader } });
    const answering = fetch(`${world.url}/createTasks`, {
      method: 'POST',
      headers: { accept: 'application/x-ndjson' },
      body: JSON.stringify({ clientKey: world.key, tasks: await tasksOf([30, 31, 32]) }),
    });
    await expect.poll(() => asked.size).toBe(3);
    read(31);
    read(30);
    const answer = await answering;
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const chunks = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (text.split('\n').length < 3) text += (await chunks.read()).value;
    expect(
      textsOf(
        text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),
    ).toEqual(['w30', 'w31']);
    read(32);
    const last = await chunks.read();
    expect(JSON.parse(last.value!).solution.text).toBe('w32');
    expect((await chunks.read()).done).toBe(true);
  });

  it('begins nothing more for a client that has gone', async () => {
    const { reader, asked, read } = readerOnDemand();
    await using world = await openWorld({ settings: { concurrency: 1 }, engines: { text: reader } });
    const client = new AbortController();
    const answer = make(world, [30, 31, 32], { signal: client.signal });
    await expect.poll(() => asked.size).toBe(1);
    client.abort();
    await expect(answer).rejects.toThrow();
    // The server has heard of it once a later request has been answered.
    await world.call('getBalance');
    read(30);
    await expect.poll(() => world.money()).toMatchObject({ pending: 0 });
    expect([...asked.keys()]).toEqual([30]);
  });

  it('sent again with its Idempotency-Key makes no task twice', async () => {
    await using world = await openWorld({ engines: { text: byWidth } });
    const named = { headers: { 'idempotency-key': 'x'.repeat(255) } };
    const first = await make(world, [30, 31], named);
    expect((await make(world, [30, 31], named)).body).toEqual(first.body);
    expect(await world.money()).toEqual({ posted: start - 2 * price, pending: 0 });
  });

  it('names each task KEY and its place, and /openapi.json allows that name to createTask', async () => {
    await using world = await openWorld({ engines: { text: byWidth } });
    const list = await make(world, [30, 31], { headers: { 'idempotency-key': 'KEY' } });
    const [task] = await tasksOf([30]);
    const alone = await world.call('createTask', { task }, { headers: { 'idempotency-key': 'KEY 0' } });
    expect(alone.body.taskId).toBe(list.body.results[0].taskId);
    expect(await world.money()).toEqual({ posted: start - 2 * price, pending: 0 });
    const { document } = await documentOf(world);
    expect('KEY 0').toMatch(new RegExp(document.components.parameters.IdempotencyKey.schema.pattern));
  });

  it('is staged by the sandbox', async () => {
    await using world = await openWorld({ settings: { sandbox: true, banErrors: 2 } });
    const tasks = await tasksOf([30, 31]);
    const staged = async (clientKey: string) =>
      textsOf((await world.call('createTasks', { clientKey, tasks })).body.results);
    expect(await staged('test-ok')).toEqual(['44795sds', '44795sds']);
    const clientKey = 'test-err-ERROR_ZERO_BALANCE';
    expect((await world.call('createTasks', { clientKey, tasks })).body.errorCode).toBe('ERROR_ZERO_BALANCE');
    // The second mistake would ban the address, and the first has been none.
    for (let at = 0; at < 3; at++) await world.call('createTasks', { clientKey: 'test-ok' });
    expect((await world.call('getBalance')).status).toBe(200);
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
  });
});
