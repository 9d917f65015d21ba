import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { StoreError } from '../../src/store/engine.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { hold } from '../store/hold.ts';
import { expectRefusal, openWorld, start, type World } from '../world.ts';

const settings = { prices: laterPrices };
const ask = (world: World, say = 'hi') => world.call('createTask', { task: { type: 'EchoTask', say } });
const poll = (world: World, taskId: string) => world.call('getTaskResult', { taskId });

test('a task answered later: idle, processing, ready; paid when it is ready', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings, moreTypes: [type] });
  const created = await ask(world);
  const { taskId } = created.body;
  expect(created.body).toEqual({ errorId: 0, errorCode: '', errorDescription: '', status: 'idle', taskId });
  expect(await world.money()).toEqual({ posted: start, pending: 300 });

  await expect.poll(() => asked.length).toBe(1);
  expect((await poll(world, taskId)).body).toEqual({
    errorId: 0,
    errorCode: '',
    errorDescription: '',
    status: 'processing',
    taskId,
  });
  asked[0]!.end.resolve({ said: asked[0]!.say });
  await expect.poll(async () => (await poll(world, taskId)).body.status).toBe('ready');
  expect((await poll(world, taskId)).body.solution).toEqual({ said: 'hi' });
  expect(await world.money()).toEqual({ posted: start - 300, pending: 0 });
});

test('a task that fails later is failed with errorId 1 and costs nothing', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings, moreTypes: [type] });
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail: 'too dark' }));
  await expect.poll(async () => (await poll(world, taskId)).body.status).toBe('failed');
  const failed = await poll(world, taskId);
  expect(failed.status).toBe(400);
  expect(failed.body).toEqual({
    errorId: 1,
    errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
    errorDescription: 'Captcha not recognized: too dark',
    status: 'failed',
    taskId,
  });
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a task that nobody finishes times out at its deadline', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings, moreTypes: [type] });
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => asked.length).toBe(1);
  world.clock.advance(120_000);
  await expect.poll(async () => (await poll(world, taskId)).body.errorCode).toBe('ERROR_TASK_TIMEOUT');
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a task that was queued before a restart is taken up after it', async () => {
  const first = await openWorld({ settings });
  const [{ id: keyId } = { id: '' }] = await first.store.listKeys('alice');
  const now = first.clock.now();
  const taskId = '11111111-1111-4111-8111-111111111111';
  // As left by a process that died between the reservation and the work.
  const work = { type: 'EchoTask', price: 300, payload: '{"type":"EchoTask","say":"again"}' };
  await first.store.reserve(hold({ taskId, keyId, ...work, state: 'queued', now }));
  await first.stop();

  const { type, asked } = laterType();
  const { dataDir, clock } = first;
  await using second = await openWorld({ settings, moreTypes: [type], dataDir, clock });
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.end.resolve({ said: asked[0]!.say });
  await expect.poll(async () => (await poll(second, taskId)).body.solution).toEqual({ said: 'again' });
});

test('a task that the store lent without its word of it arriving is taken up again', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings, moreTypes: [type] });
  const take = world.store.take;
  let lost: string | undefined;
  world.store.take = async (query) => {
    const taken = await take(query);
    if (taken === undefined || lost !== undefined) return taken;
    lost = taken.taskId;
    throw new StoreError('ECONNRESET', 'gone', { isAway: true });
  };
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => asked.length, { timeout: 5_000 }).toBe(1);
  expect(lost).toBe(taskId);
  asked[0]!.end.resolve({ said: asked[0]!.say });
  await expect.poll(async () => (await poll(world, taskId)).body.status).toBe('ready');
  expect(await world.money()).toEqual({ posted: start - 300, pending: 0 });
});

test('a queued task whose fields are no longer taken fails by our own fault and is given back', async () => {
  const { type } = laterType();
  await using world = await openWorld({ settings, moreTypes: [{ ...type, input: failsTheSecondTime() }] });
  const { taskId } = (await ask(world)).body;
  await expect.poll(async () => (await poll(world, taskId)).body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
  expect(world.log.join('')).toContain('a queued task failed by our own fault');
});

test('so does one of a type that this server does not know', async () => {
  await using world = await openWorld({ settings });
  const [{ id: keyId } = { id: '' }] = await world.store.listKeys('alice');
  const taskId = randomUUID();
  const outcome = await world.store.reserve(
    hold({ taskId, keyId, now: world.clock.now(), state: 'queued', type: 'GoneTask', payload: '{}' }),
  );
  expect(outcome).toBe('held');
  await expect.poll(async () => (await poll(world, taskId)).body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
  expect(world.log.join('')).toContain('queued as GoneTask, which this server does not know');
});

test('why a queued task failed is logged when it is our own fault, and then only', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings, moreTypes: [type] });
  const faults = [
    new Fault('ERROR_CAPTCHA_UNSOLVABLE', { cause: 'answered 500' }),
    new Fault('ERROR_SERVICE_UNAVALIABLE', { detail: 'the server is stopping' }),
    new Fault('ERROR_SERVICE_UNAVALIABLE', { detail: 'the search failed', cause: 'out of memory' }),
  ];
  for (const [at, fault] of faults.entries()) {
    const { taskId } = (await ask(world)).body;
    await expect.poll(() => asked.length).toBe(at + 1);
    asked[at]!.end.reject(fault);
    await expect.poll(async () => (await poll(world, taskId)).body.errorCode).toBe(fault.code);
  }
  const logged = () => world.log.filter((line) => line.includes('a queued task failed by our own fault'));
  await expect.poll(logged).toHaveLength(1);
  expect(logged()[0]).toContain('out of memory');
});

test('why a task failed is counted and logged as often as a client is told', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings, moreTypes: [type] });
  const refusals = async () => {
    const metrics = await world.metrics.registry.metrics();
    return /^legible_faults_total\{error_code="ERROR_PROXY_BANNED"\} (\d+)/m.exec(metrics)?.[1];
  };
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => asked.length).toBe(1);
  const cause = Object.assign(new Error('connect to http://login:secret@proxy'), { code: 'ECONNREFUSED' });
  asked[0]!.end.reject(
    new Fault('ERROR_PROXY_BANNED', { detail: 'task.proxy: could not be reached', cause }),
  );
  await expect.poll(async () => (await poll(world, taskId)).body.errorCode).toBe('ERROR_PROXY_BANNED');
  expect(await refusals()).toBe('1');
  const { headers } = await poll(world, taskId);
  expect(await refusals()).toBe('2');
  const lines = world.log.map((line) => JSON.parse(line));
  expect(lines.filter(({ msg }) => msg === 'a queued task failed')).toMatchObject([
    { taskId, detail: 'task.proxy: could not be reached', cause: 'ECONNREFUSED' },
  ]);
  expect(lines.find((line) => line.requestId === headers.get('x-request-id'))).toMatchObject({
    msg: 'refused',
    code: 'ERROR_PROXY_BANNED',
  });
  expect(world.log.join()).not.toContain('secret');
});

test('later tasks count toward the number at once until they end', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { ...settings, concurrency: 1 }, moreTypes: [type] });
  expect((await ask(world)).body.status).toBe('idle');
  expectRefusal(
    await ask(world),
    'ERROR_RATE_LIMIT',
    'Request frequency/rate limit: at most 1 tasks at once',
  );
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.end.resolve({});
  await expect.poll(async () => (await ask(world)).body.status).toBe('idle');
});

test('a task that another process finishes frees its place among those at once', async () => {
  const { type, asked } = laterType();
  const few = { ...settings, concurrency: 1 };
  await using asking = await openWorld({ settings: few, moreTypes: [type] });
  asking.store.take = async () => undefined;
  const { dataDir, clock } = asking;
  const working = await openWorld({ settings: few, moreTypes: [type], dataDir, clock });
  expect((await ask(asking)).body.status).toBe('idle');
  expect((await ask(asking)).body.errorCode).toBe('ERROR_RATE_LIMIT');
  await expect.poll(() => asked.length, { timeout: 5_000 }).toBe(1);
  asked[0]!.end.resolve({});
  await expect.poll(async () => (await ask(asking)).body.status, { timeout: 5_000 }).toBe('idle');
  await expect.poll(() => asked.length, { timeout: 5_000 }).toBe(2);
  asked[1]!.end.resolve({});
  await working.stop();
});

test.each(['before', 'after'])(
  'a hold that is written %s its client was told that it failed is given back',
  async (when) => {
    await using world = await openWorld({ settings, moreTypes: [laterType().type] });
    const { reserve } = world.store;
    let written: Promise<unknown> | undefined;
    world.store.take = async () => undefined;
    world.store.reserve = async (hold) => {
      const write = () => {
        written = reserve(hold);
        return written;
      };
      if (when === 'before') await write();
      else setTimeout(write, 20);
      throw new Error('the connection was lost');
    };
    expect((await ask(world)).body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
    await expect.poll(() => written).toBeDefined();
    expect(await written).toBe('held');
    await expect.poll(() => world.money()).toEqual({ posted: start, pending: 0 });
  },
);

test('an account with many tasks that nobody finishes leaves places to the others', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { ...settings, drainSeconds: 0 }, moreTypes: [type] });
  await world.openAccount('bob', start);
  const clientKey = await world.addKey({ accountId: 'bob' });
  await Promise.all(Array.from({ length: 70 }, () => ask(world, 'endless')));
  await expect.poll(() => asked.length).toBe(32);
  await world.call('createTask', { clientKey, task: { type: 'EchoTask', say: 'bob' } });
  await expect.poll(() => asked.map(({ say }) => say).slice(32)).toEqual(['bob']);
  for (const { end } of [asked[0]!, asked[32]!]) end.resolve({});
  await expect.poll(() => asked.map(({ say }) => say).slice(32)).toEqual(['bob', 'endless']);
});

test('a queued task that is taken up while the server begins to stop is left to the next', async () => {
  const { type, asked } = laterType();
  const world = await openWorld({ settings, moreTypes: [type] });
  const { take, handBack } = world.store;
  const stopping = Promise.withResolvers<void>();
  const lent: string[] = [];
  const left: string[] = [];
  world.store.take = async (query) => {
    const taken = await take(query);
    if (taken === undefined) return undefined;
    lent.push(taken.taskId);
    await stopping.promise;
    return taken;
  };
  world.store.handBack = async (lease) => {
    left.push(lease.taskId);
    return handBack(lease);
  };
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => lent).toEqual([taskId]);
  await world.api.close();
  stopping.resolve();
  await expect.poll(() => left).toEqual([taskId]);
  expect(asked).toEqual([]);
  const query = { taskId, accountId: 'alice', now: world.clock.now(), maxPolls: null };
  await expect.poll(async () => (await world.store.poll(query))?.state).toBe('queued');
  await world[Symbol.asyncDispose]();
});

test('a stopping server finishes the queued tasks that it has taken up', async () => {
  const { type, asked } = laterType();
  const world = await openWorld({ settings, moreTypes: [type] });
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => asked.length).toBe(1);
  const stopped = world.stop();
  asked[0]!.end.resolve({ said: 'late' });
  await stopped;
  const { dataDir, clock } = world;
  await using second = await openWorld({ settings, dataDir, clock });
  expect((await poll(second, taskId)).body.solution).toEqual({ said: 'late' });
});

/** A schema that accepts the client's task, and no longer the stored one. */
function failsTheSecondTime() {
  let times = 0;
  return laterType().type.input.refine(() => times++ === 0);
}
