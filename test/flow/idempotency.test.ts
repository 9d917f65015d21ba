import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Fault } from '../../src/fault.ts';
import type { Reading, TextReader } from '../../src/tasks/task.ts';
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

it('a second that waits keeps nobody from stopping', async () => {
  const { reader, asked } = readerOnDemand();
  const world = await openWorld({ engines: { text: reader }, settings: { drainSeconds: 0.1 } });
  const both = [make(world, 'n'), make(world, 'n')];
  await expect.poll(() => asked.length).toBe(1);
  await world[Symbol.asyncDispose]();
  const statuses = (await Promise.all(both)).map(({ body }) => body.status ?? body.errorCode);
  expect(statuses).toContain('ERROR_SERVICE_UNAVALIABLE');
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

it('a name is 1 to 255 visible characters', async () => {
  await using world = await openWorld();
  for (const name of ['x'.repeat(256), 'ä', ''])
    expectRefusal(
      await make(world, name),
      'ERROR_BAD_REQUEST',
      'Error Request: Idempotency-Key: is not 1 to 255 visible ASCII characters',
    );
  expectReady(await make(world, 'x'.repeat(255)));
});
