import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { requestName } from '../../src/flow/idempotency.ts';
import type { Arrived } from '../../src/flow/stages.ts';
import type { Reading } from '../../src/reading.ts';
import type { TextReader } from '../../src/tasks/task.ts';
import { laterPrices, laterType } from '../laterType.ts';
import {
  expectReady,
  expectRefusal,
  imageTask,
  openWorld,
  picture,
  price,
  start,
  type World,
} from '../world.ts';

const named = (name: string) => ({ headers: { 'idempotency-key': name } });
const make = async (world: World, name: string, more: object = {}) =>
  world.call('createTask', { ...(await imageTask()), ...more }, named(name));

/** A reader that reads when it is told to. */
function readerOnDemand() {
  const asked: PromiseWithResolvers<Reading>[] = [];
  const reader: TextReader = {
    read() {
      asked.push(Promise.withResolvers());
      return asked.at(-1)!.promise;
    },
  };
  return { reader, asked };
}
const reading = { text: 'k7mp2', confidence: 0.97, characters: [], alternatives: [] };

it('what a request is known by is the same in every version: it may be sent again after an upgrade', async () => {
  const body = { clientKey: 'k', task: { type: 'ImageToTextTask', body: 'QUJD', module: 'common' } };
  const arrived = { asks: { idempotencyKey: 'order-18' }, body } as unknown as Arrived;
  expect(await requestName(arrived, 0)).toEqual({
    name: 'Sq2wZVfXQ9WbZi4YGsDa4X2W8pIBjU1xMt3l0Ae-DNU',
    fingerprint: '3w8a8faW-Up2t5aPO-frPSIeuu48b1Ekn69i8jhWlgE',
    expiresAt: 86_400_000,
  });
});

it('a request that is sent again is answered again, and neither read nor charged again', async () => {
  let reads = 0;
  const text: TextReader = { read: async () => ({ ...reading, text: `r${++reads}` }) };
  await using world = await openWorld({ engines: { text } });
  const first = await make(world, 'order-17');
  for (let at = 0; at < 3; at++) expect((await make(world, 'order-17')).body).toEqual(first.body);
  expect(reads).toBe(1);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  const other = await make(world, 'order-18');
  expect([other.body.solution.text, other.body.taskId === first.body.taskId]).toEqual(['r2', false]);
});

it('the answer is kept for 24 hours, longer than the result, and over a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-world-'));
  const before = await openWorld({ dataDir });
  const { clock, key: clientKey } = before;
  const first = await make(before, 'n');
  await before.stop();

  clock.advance(24 * 3_600_000 - 1_000);
  await using world = await openWorld({ dataDir, clock });
  await world.store.sweep(clock.now());
  expect((await make(world, 'n', { clientKey })).body).toEqual(first.body);
  clock.advance(1_000);
  expect((await make(world, 'n', { clientKey })).body.taskId).not.toBe(first.body.taskId);
  expect(await world.money()).toEqual({ posted: start - 2 * price, pending: 0 });
});

it('the same fields in another order, or a callback of nothing, are the same request', async () => {
  await using world = await openWorld();
  const body = await picture();
  const first = await make(world, 'n', { task: { type: 'ImageToTextTask', body, module: 'common' } });
  const task = { module: 'common', body, type: 'ImageToTextTask' };
  expect((await make(world, 'n', { callbackUrl: '', task })).body).toEqual(first.body);
});

it('a name that was used for another task, or another callback, is refused and costs nothing', async () => {
  await using world = await openWorld();
  await make(world, 'n');
  const body = { type: 'ImageToTextTask', body: await picture(121, 40) };
  for (const other of [{ task: body }, { callbackUrl: 'https://example.org/' }])
    expectRefusal(
      await make(world, 'n', other),
      'ERROR_BAD_REQUEST',
      'Error Request: Idempotency-Key: was sent before with another task',
    );
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

it('two that race are one task: the second waits for the answer of the first', async () => {
  const { reader, asked } = readerOnDemand();
  await using world = await openWorld({ engines: { text: reader } });
  const both = [make(world, 'n'), make(world, 'n')];
  await expect.poll(() => asked.length).toBe(1);
  // The second has been to the store when a call after it has.
  await world.call('getBalance');
  asked[0]!.resolve(reading);
  const [one, other] = await Promise.all(both);
  expectReady(one!);
  expect(other!.body).toEqual(one!.body);
  expect(asked.length).toBe(1);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

it('where the first of two that race fails, the second is the next try', async () => {
  const { reader, asked } = readerOnDemand();
  await using world = await openWorld({ engines: { text: reader } });
  const both = [make(world, 'n'), make(world, 'n')];
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.reject(new Fault('ERROR_SERVICE_UNAVALIABLE'));
  await expect.poll(() => asked.length).toBe(2);
  asked[1]!.resolve(reading);
  const answers = await Promise.all(both);
  expect(answers.map(({ body }) => body.errorCode).sort()).toEqual(['', 'ERROR_SERVICE_UNAVALIABLE']);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

it('of many that wait for one that fails, one is the next try, and the others are told of its task', async () => {
  const { reader, asked } = readerOnDemand();
  await using world = await openWorld({ engines: { text: reader } });
  const all = Array.from({ length: 4 }, () => make(world, 'n'));
  await expect.poll(() => asked.length).toBe(1);
  // All have been to the store when a call after them has.
  await world.call('getBalance');
  asked[0]!.reject(new Fault('ERROR_SERVICE_UNAVALIABLE'));
  await expect.poll(() => asked.length).toBe(2);
  asked[1]!.resolve(reading);
  const answers = await Promise.all(all);
  expect(answers.map(({ body }) => body.status ?? body.errorCode).sort()).toEqual([
    'ERROR_SERVICE_UNAVALIABLE',
    'idle',
    'idle',
    'ready',
  ]);
  expect(asked.length).toBe(2);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

it('a task that takes longer is idle again, with the same id, and ready once it is solved', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  const send = () => world.call('createTask', { task: { type: 'EchoTask', say: 'x' } }, named('n'));
  const first = await send();
  expect(first.body.status).toBe('idle');
  expect((await send()).body).toEqual(first.body);
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.end.resolve({ said: 'x' });
  const { taskId } = first.body;
  await expect.poll(async () => (await world.call('getTaskResult', { taskId })).body.status).toBe('ready');
  expectReady(await send(), { said: 'x' });
  expect(await world.money()).toEqual({ posted: start - 300, pending: 0 });
});

it('a request whose hold was written, and only the word of that lost, is done when it is sent again', async () => {
  await using world = await openWorld();
  const { reserve } = world.store;
  world.store.reserve = async (hold) => {
    world.store.reserve = reserve;
    await reserve(hold);
    throw new Error('the connection was lost');
  };
  expect((await make(world, 'n')).body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: 0 });
  expectReady(await make(world, 'n'));
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

it('a second that waits keeps nobody from stopping', async () => {
  const { reader, asked } = readerOnDemand();
  const world = await openWorld({ engines: { text: reader }, settings: { drainSeconds: 0.1 } });
  const both = [make(world, 'n'), make(world, 'n')];
  await expect.poll(() => asked.length).toBe(1);
  await world[Symbol.asyncDispose]();
  const statuses = (await Promise.all(both)).map(({ body }) => body.status ?? body.errorCode);
  expect(statuses).toContain('ERROR_SERVICE_UNAVALIABLE');
});

describe('a request that is sent again although it would not be let in', () => {
  it('by the number of tasks at once has its answer with the first, and no place of its own', async () => {
    const { reader, asked } = readerOnDemand();
    await using world = await openWorld({ engines: { text: reader }, settings: { concurrency: 1 } });
    const first = make(world, 'n');
    await expect.poll(() => asked.length).toBe(1);
    expect((await make(world, 'another')).body.errorCode).toBe('ERROR_RATE_LIMIT');
    const again = [make(world, 'n'), make(world, 'n')];
    // As many may wait as there may be tasks; one more is told where its task stands.
    expect((await Promise.race(again)).body.status).toBe('idle');
    asked[0]!.resolve(reading);
    expectReady(await first);
    const answers = await Promise.all(again);
    expect(answers.filter(({ body }) => body.status === 'ready').map(({ body }) => body)).toEqual([
      (await first).body,
    ]);
    expectReady(await make(world, 'n'));
    expect(asked.length).toBe(1);
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  it('by the number at once is refused where its task has failed: it is a new try', async () => {
    const { reader, asked } = readerOnDemand();
    await using world = await openWorld({ engines: { text: reader }, settings: { concurrency: 1 } });
    const first = make(world, 'n');
    await expect.poll(() => asked.length).toBe(1);
    const again = [make(world, 'n'), make(world, 'n')];
    expect((await Promise.race(again)).body.status).toBe('idle');
    asked[0]!.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE'));
    expect((await first).body.errorCode).toBe('ERROR_CAPTCHA_UNSOLVABLE');
    const codes = (await Promise.all(again)).map(({ body }) => body.errorCode);
    expect(codes.sort()).toEqual(['', 'ERROR_RATE_LIMIT']);
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
  });

  it('by a setting that has changed is answered again, with what it has cost', async () => {
    const first = await openWorld();
    const answer = await make(first, 'n');
    await first.stop();
    const { dataDir, clock, key: clientKey } = first;
    const settings = { maxImagePixels: 100, prices: { 'ImageToTextTask/common': 7 } };
    await using world = await openWorld({ dataDir, clock, settings });
    expect((await make(world, 'new', { clientKey })).body.errorCode).toBe('ERROR_INVALID_IMAGE');
    const again = await make(world, 'n', { clientKey });
    expect(again.body).toEqual(answer.body);
    expect(again.headers.get('x-legible-cost')).toBe('0.0004');
    const other = await world.call('createTask', { clientKey, task: { type: 'x' } }, named('n'));
    expect(other.body.errorDescription).toContain('was sent before with another task');
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  it('by a package that has expired since, or has no calls left, is answered again', async () => {
    await using world = await openWorld();
    const expiresAt = world.clock.now() + 1_000;
    const clientKey = await world.addPackage({ id: 'one', calls: 1, expiresAt });
    const first = await make(world, 'n', { clientKey });
    expectReady(first);
    expect((await make(world, 'm', { clientKey })).body.errorDescription).toContain('no calls left');
    expect((await make(world, 'n', { clientKey })).body).toEqual(first.body);
    world.clock.advance(1_000);
    expect((await make(world, 'm', { clientKey })).body.errorDescription).toContain('has expired');
    const again = await make(world, 'n', { clientKey });
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('x-legible-cost')).toBe('0');
  });

  it('by its rate waits like any other, and is then answered: its name has kept the answer', async () => {
    await using world = await openWorld({ settings: { rateLimit: 1 } });
    const first = await make(world, 'n');
    const refused = await make(world, 'n');
    expect(refused.body.errorCode).toBe('ERROR_RATE_LIMIT');
    world.clock.advance(Number(refused.headers.get('retry-after')) * 1_000);
    expect((await make(world, 'n')).body).toEqual(first.body);
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  it('after as many polls as its task may have is answered again', async () => {
    await using world = await openWorld({ settings: { maxPolls: 2 } });
    const first = await make(world, 'n');
    const { taskId } = first.body;
    const polls = await Promise.all([1, 2, 3].map(() => world.call('getTaskResult', { taskId })));
    expect(polls.map(({ body }) => body.errorCode)).toContain('ERROR_TASKID_INVALID');
    expect((await make(world, 'n')).body).toEqual(first.body);
  });
});

it('names are of the key that sends them, and a request without one is always new', async () => {
  await using world = await openWorld();
  const one = await make(world, 'n');
  const other = await make(world, 'n', { clientKey: await world.addKey() });
  expect(other.body.taskId).not.toBe(one.body.taskId);
  await world.call('createTask', await imageTask());
  await world.call('createTask', await imageTask());
  expect(await world.money()).toEqual({ posted: start - 4 * price, pending: 0 });
});

it('a name is 1 to 255 printable characters', async () => {
  await using world = await openWorld();
  for (const name of ['x'.repeat(256), 'ä', ''])
    expectRefusal(
      await make(world, name),
      'ERROR_BAD_REQUEST',
      'Error Request: Idempotency-Key: is not 1 to 255 printable ASCII characters',
    );
  expectReady(await make(world, 'x'.repeat(255)));
});
