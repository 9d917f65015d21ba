import { expect, test } from 'vitest';
import { reserver } from '../../src/flow/reserve.ts';
import type { Job } from '../../src/flow/stages.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import { StoreError } from '../../src/store/engine.ts';
import type { Store } from '../../src/store/store.ts';
import { ask } from '../clients/wire.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { expectReady, FakeClock, openWorld, picture, start } from '../world.ts';

const task = { type: 'EchoTask', say: 'x' };

/** The next hold is written, and only the word of that is lost; the id of its task. */
function loseOneAnswer(store: Store): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { reserve } = store;
  store.reserve = async (hold) => {
    store.reserve = reserve;
    await reserve(hold);
    resolve(hold.taskId);
    throw new Error('the connection ended before the answer');
  };
  return promise;
}

test('a task whose hold was written and refused is taken back from the worker that was quicker', async () => {
  const later = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [later.type] });
  const { store } = world;
  loseOneAnswer(store);
  const release = store.release.bind(store);
  // The database is away for the first attempt, and a worker is the first to come when it is back.
  let isAway = true;
  store.release = async (done) => {
    if (!isAway) return release(done);
    await expect.poll(() => later.asked.length).toBe(1);
    isAway = false;
    throw new Error('away');
  };
  const { body } = await world.call('createTask', { task });
  expect(body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  await expect.poll(() => world.money(), { timeout: 5_000 }).toEqual({ posted: start, pending: 0 });
  later.asked[0]!.end.resolve({ said: 'x' });
  await expect.poll(() => isAway).toBe(false);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a task whose hold was written and refused is left to the client that has named its request', async () => {
  const later = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [later.type] });
  const lost = loseOneAnswer(world.store);
  const { release } = world.store;
  let releases = 0;
  world.store.release = (done) => {
    releases++;
    return release(done);
  };
  const send = () => world.call('createTask', { task }, { headers: { 'idempotency-key': 'n' } });
  expect((await send()).body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  const taskId = await lost;
  expect((await send()).body).toMatchObject({ status: 'idle', taskId });
  await expect.poll(() => later.asked.length).toBe(1);
  later.asked[0]!.end.resolve({ said: 'x' });
  await expect.poll(async () => (await send()).body.status).toBe('ready');
  expectReady(await send(), { said: 'x' });
  expect(releases).toBe(0);
  expect(await world.money()).toEqual({ posted: start - 300, pending: 0 });
});

test('where a worker has ended the task before its hold could be taken back, the log says so', async () => {
  const later = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [later.type] });
  const { store } = world;
  const lost = loseOneAnswer(store);
  const { release } = store;
  store.release = async (done) => {
    store.release = release;
    await expect.poll(() => later.asked.length).toBe(1);
    later.asked[0]!.end.resolve({ said: 'x' });
    await expect.poll(async () => store.endedAmong([done.taskId])).toEqual([done.taskId]);
    throw new Error('away');
  };
  await world.call('createTask', { task });
  const taskId = await lost;
  await expect
    .poll(() => world.log.filter((line) => line.includes('was charged before it could be taken back')))
    .toEqual([expect.stringContaining(taskId)]);
  expect(await world.money()).toEqual({ posted: start - 300, pending: 0 });
});

test('a hold of a task that is answered at once is taken back where the database was lost over its answer', async () => {
  await using world = await openWorld();
  const { store } = world;
  const { reserveEarly } = store;
  store.reserveEarly = async (hold) => {
    store.reserveEarly = reserveEarly;
    await reserveEarly(hold);
    throw new StoreError('ETIMEDOUT', 'the connection ended before the answer', {
      isAway: true,
      isSent: true,
    });
  };
  const body = await picture(120, 40);
  const refused = await world.call('createTask', { task: { type: 'ImageToTextTask', body } });
  expect(refused.body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  await expect.poll(() => world.money(), { timeout: 5_000 }).toEqual({ posted: start, pending: 0 });
});

test('a hold in doubt is taken back for as long as the database is away, and until it is', async () => {
  const away = new StoreError('ETIMEDOUT', 'the connection ended', { isAway: true, isSent: true });
  const pauses: number[] = [];
  let releases = 0;
  const store = {
    reserve: () => Promise.reject(away),
    release: async () => (++releases > 7 ? true : Promise.reject(away)),
  };
  const reserve = reserverOn(store, pauses);
  await expect(reserve(jobOf('later'))).rejects.toBe(away);
  await expect.poll(() => releases).toBe(8);
  expect(pauses).toEqual([0, 50, 500, 2_000, 5_000, 5_000, 5_000, 5_000]);
});

test('a hold that is told early is not taken back where its batch was refused: it is not on the disk', async () => {
  const full = new Error('disk full');
  const pauses: number[] = [];
  const store = { reserveEarly: () => Promise.reject(full), release: () => expect.fail('taken back') };
  const reserve = reserverOn(store, pauses);
  await expect(reserve(jobOf('now'))).rejects.toBe(full);
  expect(pauses).toEqual([]);
});

/** Notes how long it pauses, and does not. */
function reserverOn(store: object, pauses: number[]) {
  return reserver({
    config: loadConfig({}, ''),
    clock: new FakeClock(),
    store: store as Store,
    metrics: createMetrics(),
    newId: () => '01234567-89ab-4cde-8f01-23456789abcd',
    log: createLog({ logLevel: 'silent' }),
    pause: async (ms) => pauses.push(ms),
  });
}

/** A task as the step before makes it. */
function jobOf(timing: 'now' | 'later'): Job {
  const arrived = { dialect: 'capsolver', address: '192.0.2.1', numbered: false, asks: {} };
  const principal = { key: { id: 'key-1', accountId: 'alice' }, package: null };
  const type = { ...laterType().type, timing };
  return { caller: { arrived, principal }, type, payload: '{}', price: 300 } as unknown as Job;
}

test('a hold that never came to a database that is away is not taken back: thousands may have been refused', async () => {
  await using world = await openWorld();
  const { store } = world;
  let asked = 0;
  store.reserveEarly = async () =>
    Promise.reject(new StoreError('ECONNREFUSED', 'the database was just away', { isAway: true }));
  store.release = async () => ++asked > 0;
  const body = await picture(120, 40);
  const refused = await world.call('createTask', { task: { type: 'ImageToTextTask', body } });
  expect(refused.body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked).toBe(0);
});

test('the number of a task that is queued is asked for with its hold, and never told before that stands', async () => {
  // What is never solved would keep the server from stopping for as long as it drains.
  const settings = { prices: laterPrices, drainSeconds: 0 };
  await using world = await openWorld({ settings, moreTypes: [laterType().type] });
  const { store } = world;
  const asked: string[] = [];
  for (const name of ['numberOfTask', 'numberOfTaskEarly'] as const) {
    const number = store[name];
    store[name] = (query) => {
      asked.push(name);
      return number(query);
    };
  }
  await ask(world, 'anticaptcha', 'createTask', { task });
  await ask(world, 'anticaptcha', 'createTask', {
    task: { type: 'ImageToTextTask', body: await picture(120, 40) },
  });
  expect(asked).toEqual(['numberOfTask', 'numberOfTaskEarly']);
});

test('a hold that stands although only its number was lost is taken back, and its client pays for nothing', async () => {
  const later = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [later.type] });
  world.store.numberOfTask = async () =>
    Promise.reject(new StoreError('ECONNREFUSED', 'the database was just away', { isAway: true }));
  const answer = await ask(world, 'anticaptcha', 'createTask', { task });
  expect(answer.errorCode).toBe('ERROR_NO_SLOT_AVAILABLE');
  await expect.poll(() => world.money(), { timeout: 5_000 }).toEqual({ posted: start, pending: 0 });
  for (const { end } of later.asked) end.resolve({ said: 'x' });
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});
