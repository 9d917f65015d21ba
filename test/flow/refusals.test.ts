import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { imageTask, openWorld, picture, stalledReader, type World, type WorldOptions } from '../world.ts';

/** The lines of a metric that have counted something. */
async function counted(world: World, name: string): Promise<string[]> {
  const text = await world.metrics.registry.metrics();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) && !line.endsWith(' 0'));
}

const make = async (world: World) => world.call('createTask', await imageTask());
const full = async () => {
  throw new Fault('ERROR_SERVICE_UNAVALIABLE', { retryAfterMs: 2_000 });
};

test.each<[reason: string, world: WorldOptions, before: (world: World) => Promise<unknown>]>([
  ['limit', { settings: { rateLimit: 1 } }, (world) => world.call('getBalance')],
  ['balance', { money: 0 }, async () => {}],
  ['ban', { settings: { banErrors: 1 } }, (world) => world.call('createTask')],
  ['block', { settings: { blockErrors: 1 } }, (world) => world.call('createTask')],
  ['queue_full', { engines: { text: { read: full } } }, async () => {}],
])('a call that is turned away is counted once, by its reason: %s', async (reason, options, before) => {
  await using world = await openWorld(options);
  await before(world);
  expect((await make(world)).body.errorId).toBe(1);
  expect(await counted(world, 'legible_admission_rejected_total')).toEqual([
    `legible_admission_rejected_total{reason="${reason}"} 1`,
  ]);
});

test('so is one that is turned away for tasks under way, and one by a server that stops', async () => {
  const settings = { concurrency: 1, drainSeconds: 0 };
  await using world = await openWorld({ settings, engines: { text: stalledReader } });
  const task = { type: 'ImageToTextTask', body: await picture() };
  const underway = world.call('createTask', { task });
  await expect.poll(async () => (await world.money()).pending).toBeGreaterThan(0);
  await make(world);
  const stopped = world.api.close();
  await world.call('createTask', { task });
  await Promise.all([underway, stopped]);
  expect((await counted(world, 'legible_admission_rejected_total')).sort()).toEqual([
    'legible_admission_rejected_total{reason="concurrency"} 1',
    'legible_admission_rejected_total{reason="draining"} 1',
  ]);
});

test('a task whose client has gone is counted as that, and not as a failure', async () => {
  await using world = await openWorld({ engines: { text: stalledReader } });
  const client = new AbortController();
  const task = await imageTask();
  const answer = world.call('createTask', task, { signal: client.signal }).catch(() => 'gone');
  await expect.poll(async () => (await world.money()).pending).toBeGreaterThan(0);
  client.abort();
  expect(await answer).toBe('gone');
  await expect
    .poll(() => counted(world, 'legible_tasks_total'))
    .toEqual(['legible_tasks_total{type="ImageToTextTask",outcome="client_gone"} 1']);
});
