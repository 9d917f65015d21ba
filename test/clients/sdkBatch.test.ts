import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { Fault } from '../../src/fault.ts';
import type { TextReader } from '../../src/tasks/task.ts';
import { openProofWorld } from '../proofWorld.ts';
import { openWorld, picture, price, readerOf, stalledReader, start, type World } from '../world.ts';
import { failure, installSdk } from './sdkPackage.ts';

let installed: Awaited<ReturnType<typeof installSdk>>;
beforeAll(async () => {
  installed = await installSdk();
});
afterAll(() => installed.remove());

/** A client of a world, and the paths that it asked for; `change` may do something to the n-th answer. */
function clientOf(world: World, change: (answer: Response, n: number) => Response = (answer) => answer) {
  const asked: string[] = [];
  const client = new installed.sdk.Legible({
    baseUrl: world.url,
    key: world.key,
    random: () => 0,
    fetch: async (url, init) => {
      asked.push(new URL(String(url)).pathname);
      return change(await fetch(url, init), asked.length);
    },
  });
  return { client, asked };
}

/** Fails at the first image, and reads the others. */
function failsFirst(code: ErrorCode): TextReader {
  let reads = 0;
  return {
    read: async (...asked) => {
      if (reads++ === 0) throw new Fault(code);
      return readerOf('k7mp2').read(...asked);
    },
  };
}

/** Ends the first answer after so many lines, and what begins the next. */
function breaksOff(count: number, rest = '') {
  return (answer: Response, n: number): Response => {
    if (n > 1) return answer;
    const lines = answer.text().then((text) => text.split('\n').slice(0, count).join('\n'));
    const body = new ReadableStream({
      async start(stream) {
        stream.enqueue(new TextEncoder().encode(`${await lines}\n${rest}`));
        stream.error(new TypeError('terminated'));
      },
    });
    return new Response(body, { headers: answer.headers });
  };
}

/** What a server answers that has no createTasks. */
const knowsNoBatches = (answer: Response): Response =>
  answer.url.endsWith('/createTasks')
    ? Response.json({ errorId: 1, errorCode: 'ERROR_BAD_REQUEST', errorDescription: '' }, { status: 400 })
    : answer;

const image = async (body?: string) =>
  ({ type: 'ImageToTextTask', body: body ?? (await picture()) }) as const;

test('has every outcome in its place, tells of each, and is charged for what was solved', async () => {
  await using world = await openWorld();
  const { client, asked } = clientOf(world);
  const good = await image();
  const isBroken = (index: number) => index % 50 === 7;
  const tasks = Array.from({ length: 230 }, (_, i) => (isBroken(i) ? { ...good, body: 'broken' } : good));
  const told: number[] = [];
  const outcomes = await client.solveAll(tasks, {
    onProgress: ({ done, total, index, outcome }) => {
      expect([done, total]).toEqual([told.length + 1, 230]);
      expect(outcome.error === undefined).toBe(!isBroken(index));
      told.push(index);
    },
  });
  for (const [index, { solution, error }] of outcomes.entries())
    expect(solution?.text ?? error?.code).toBe(isBroken(index) ? 'ERROR_PARSE_IMAGE_FAIL' : 'k7mp2');
  expect(new Set(told).size).toBe(230);
  expect(asked).toEqual(Array(3).fill('/createTasks'));
  expect(await world.money()).toEqual({ posted: start - 225 * price, pending: 0 });
});

test('ends all of its tasks although its listener throws, and tells of that then', async () => {
  await using world = await openWorld();
  const { client } = clientOf(world);
  const told: number[] = [];
  const solving = client.solveAll(Array(5).fill(await image()), {
    onProgress({ index }) {
      told.push(index);
      throw new RangeError(`at ${told.length}`);
    },
  });
  await expect(solving).rejects.toThrow(new RangeError('at 1'));
  expect(told.toSorted()).toEqual([0, 1, 2, 3, 4]);
  expect(await world.money()).toEqual({ posted: start - 5 * price, pending: 0 });
});

test('whose answer breaks off has the rest sent alone, and what was solved is charged once', async () => {
  await using world = await openWorld();
  const { client, asked } = clientOf(world, breaksOff(12, '{"errorId":0,"stat'));
  const told: number[] = [];
  const tasks = Array(20).fill(await image());
  const outcomes = await client.solveAll(tasks, { onProgress: ({ index }) => told.push(index) });
  expect(outcomes.map(({ solution }) => solution)).toEqual(
    Array(20).fill(expect.objectContaining({ text: 'k7mp2' })),
  );
  expect(told).toHaveLength(20);
  expect(asked).toEqual(['/createTasks', ...Array(8).fill('/createTask')]);
  expect(await world.money()).toEqual({ posted: start - 20 * price, pending: 0 });
});

test('sends a task that was refused for now alone, after a broken answer too, and it is charged once', async () => {
  await using world = await openWorld({ engines: { text: failsFirst('ERROR_TASK_TIMEOUT') } });
  const { client, asked } = clientOf(world, breaksOff(5));
  const outcomes = await client.solveAll(Array(10).fill(await image()));
  expect(outcomes.map(({ error }) => error)).toEqual(Array(10).fill(undefined));
  expect(asked).toEqual(['/createTasks', ...Array(6).fill('/createTask')]);
  expect(await world.money()).toEqual({ posted: start - 10 * price, pending: 0 });
});

test('what was told to have failed is not done after a broken answer, and not charged', async () => {
  await using world = await openWorld({ engines: { text: failsFirst('ERROR_CAPTCHA_UNSOLVABLE') } });
  const { client } = clientOf(world, breaksOff(2));
  const outcomes = await client.solveAll(Array(4).fill(await image()));
  const failed = outcomes.filter(({ error }) => error !== undefined);
  expect(failed.map(({ error }) => error!.code)).toEqual(['ERROR_CAPTCHA_UNSOLVABLE']);
  expect(await world.money()).toEqual({ posted: start - 3 * price, pending: 0 });
});

test('asks again for what found no place when those that had one have ended, and for no more at once', async () => {
  await using world = await openWorld();
  const limited = new Set<string>();
  let [atOnce, most] = [0, 0];
  const line = (fields: object) =>
    JSON.stringify({ errorId: 0, errorCode: '', errorDescription: '', ...fields });
  const client = new installed.sdk.Legible({
    baseUrl: world.url,
    key: world.key,
    random: () => 0,
    fetch: async (url, init) => {
      const path = new URL(String(url)).pathname;
      if (path === '/createTasks') {
        const done = line({ status: 'ready', taskId: 'x', solution: { text: 'first' } });
        const full = line({ errorId: 1, errorCode: 'ERROR_RATE_LIMIT' });
        const lines = [...Array(3).fill(done), ...Array(40).fill(full)].map((one) => `${one}\n`);
        return new Response(lines.join(''), { headers: { 'content-type': 'application/x-ndjson' } });
      }
      most = Math.max(most, ++atOnce);
      limited.add(String(new Headers(init?.headers).get('idempotency-key')));
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return Response.json({ errorId: 0, status: 'ready', taskId: 'y', solution: { text: 'later' } });
    },
  });
  const outcomes = await client.solveAll(Array(43).fill(await image('a')));
  expect(outcomes.map(({ solution }) => solution?.text)).toEqual([
    ...Array(3).fill('first'),
    ...Array(40).fill('later'),
  ]);
  expect([most, limited.size]).toEqual([3, 40]);
});

test('gives hardly more in one call than found a place in the last, and a little more each time', async () => {
  await using world = await openWorld();
  const sizes: number[] = [];
  const line = (fields: object) => `${JSON.stringify({ errorCode: '', errorDescription: '', ...fields })}\n`;
  const done = line({ errorId: 0, status: 'ready', taskId: 'x', solution: { text: 'read' } });
  const client = new installed.sdk.Legible({
    baseUrl: world.url,
    key: world.key,
    random: () => 0,
    fetch: async (url, init) => {
      if (!String(url).endsWith('/createTasks')) return new Response(done);
      const { tasks } = JSON.parse(String(init?.body)) as { tasks: unknown[] };
      sizes.push(tasks.length);
      const full = line({ errorId: 1, errorCode: 'ERROR_RATE_LIMIT' });
      const lines = tasks.map((_, index) => (index < 20 ? done : full));
      return new Response(lines.join(''), { headers: { 'content-type': 'application/x-ndjson' } });
    },
  });
  const outcomes = await client.solveAll(Array(165).fill(await image('a')));
  expect(new Set(outcomes.map(({ solution }) => solution?.text))).toEqual(new Set(['read']));
  expect(sizes).toEqual([100, 20, 25, 20]);
});

test('of tasks that take longer waits for each', async () => {
  await using world = await openProofWorld([80]);
  const challenge = { string: 'a phrase', salt: 'a salt', difficulty_factor: 500 };
  const tasks = Array.from({ length: 5 }, () => ({ type: 'McaptchaTask', challenge }) as const);
  for (const { solution } of await clientOf(world).client.solveAll(tasks))
    expect(solution).toMatchObject({ string: 'a phrase' });
});

test('goes by createTask with a server that knows no batches', async () => {
  await using world = await openWorld();
  const { client, asked } = clientOf(world, knowsNoBatches);
  const outcomes = await client.solveAll([await image(), await image('broken')]);
  expect(outcomes.map(({ solution, error }) => solution?.text ?? error?.code)).toEqual([
    'k7mp2',
    'ERROR_PARSE_IMAGE_FAIL',
  ]);
  expect(asked).toEqual(['/createTasks', '/createTask', '/createTask']);
});

test('sends no more of a kind that could not be paid, and goes on with what costs less', async () => {
  const prices = { 'ImageToTextTask/common': price, 'ImageToTextTask/number': 1 };
  await using world = await openWorld({ money: 10 * price + 60, settings: { prices } });
  const { client, asked } = clientOf(world);
  const dear = await image();
  const tasks = Array.from({ length: 400 }, (_, index) =>
    index >= 300 && index % 2 === 1 ? ({ ...dear, module: 'number' } as const) : dear,
  );
  const outcomes = await client.solveAll(tasks);
  const codes = outcomes.map(({ error }) => error?.code);
  expect(codes.slice(0, 100).filter((code) => code === undefined)).toHaveLength(10);
  expect(codes.slice(100, 300)).toEqual(Array(200).fill('ERROR_ZERO_BALANCE'));
  expect(codes.slice(300)).toEqual(Array(50).fill(['ERROR_ZERO_BALANCE', undefined]).flat());
  expect(asked).toEqual(Array(2).fill('/createTasks'));
  expect(await world.money()).toEqual({ posted: 10, pending: 0 });
});

test('alone sends no more of a kind that could not be paid than were under way by then', async () => {
  await using world = await openWorld({ money: 5 * price });
  const { client, asked } = clientOf(world, knowsNoBatches);
  const outcomes = await client.solveAll(Array(100).fill(await image()));
  const codes = outcomes.map(({ error }) => error?.code).filter((code) => code !== undefined);
  expect(codes).toEqual(Array(95).fill('ERROR_ZERO_BALANCE'));
  expect(asked.length).toBeLessThan(1 + 5 + 2 * 16);
});

test('asks for each that may have been paid when its answer broke off, although one before it was not', async () => {
  await using world = await openWorld({ money: 5 * price });
  const { client, asked } = clientOf(world, breaksOff(6));
  const outcomes = await client.solveAll(Array(20).fill(await image()));
  expect(outcomes.filter(({ error }) => error === undefined)).toHaveLength(5);
  expect(asked).toEqual(['/createTasks', ...Array(14).fill('/createTask')]);
});

test('that is refused as a whole has the reason in every place', async () => {
  await using world = await openWorld();
  const client = new installed.sdk.Legible({ baseUrl: world.url, key: 'wrong' });
  const outcomes = await client.solveAll([await image(), await image()]);
  expect(outcomes.map(({ error }) => error?.code)).toEqual(Array(2).fill('ERROR_KEY_DENIED_ACCESS'));
});

test('of tasks that only together are too much for one call solves each', async () => {
  await using world = await openWorld();
  const { client } = clientOf(world);
  const deep = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`);
  const tasks = [await image(), { type: 'AltchaTask', challenge: deep } as never, await image()];
  const outcomes = await client.solveAll(tasks);
  expect(outcomes.map(({ error }) => error?.code)).toEqual([undefined, 'ERROR_INVALID_TASK_DATA', undefined]);
  expect(await world.money()).toEqual({ posted: start - 2 * price, pending: 0 });
});

test('of images that would be too large for one call goes by several', async () => {
  await using world = await openWorld();
  const { client, asked } = clientOf(world);
  const raw = { width: 700, height: 600, channels: 3 as const };
  const noise = await sharp(randomBytes(700 * 600 * 3), { raw })
    .png()
    .toBuffer();
  const large = await image(noise.toString('base64'));
  for (const { solution } of await client.solveAll(Array(5).fill(large)))
    expect(solution).toMatchObject({ text: 'k7mp2' });
  expect(asked).toEqual(Array(3).fill('/createTasks'));
});

test('ends at once when its signal is aborted', async () => {
  await using world = await openWorld({ engines: { text: stalledReader } });
  const control = new AbortController();
  const call = clientOf(world).client.solveAll([await image()], { signal: control.signal });
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });
  control.abort('enough');
  expect(await failure(call)).toBe('enough');
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: 0 });
});
