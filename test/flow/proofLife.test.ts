import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { openProofWorld } from '../proofWorld.ts';
import { start, type World } from '../world.ts';

/** A challenge of ALTCHA whose number is this one. */
function challengeOf(number: number) {
  const salt = 'a salt&';
  return { algorithm: 'SHA-256', challenge: hash('sha256', `${salt}${number}`, 'hex'), salt, signature: 's' };
}

const hopeless = { ...challengeOf(0), challenge: '0'.repeat(64), maxnumber: Number.MAX_SAFE_INTEGER - 1 };
const ask = async (world: World, challenge: object): Promise<string> => {
  const { body } = await world.call('createTask', { task: { type: 'AltchaTask', challenge } });
  expect(body).toEqual({
    errorId: 0,
    errorCode: '',
    errorDescription: '',
    status: 'idle',
    taskId: body.taskId,
  });
  return body.taskId;
};
const poll = async (world: World, taskId: string) => (await world.call('getTaskResult', { taskId })).body;

/** An engine that is asked and never heard of again, as if its process had been killed. */
function deadEngine() {
  let asked = 0;
  const search = () => {
    asked++;
    return new Promise<undefined>(() => {});
  };
  return { proofs: { search }, isAsked: () => expect.poll(() => asked).toBe(1) };
}

/** The dead look for no work: else it might take up again what the next start has put back. */
function kill({ store }: World) {
  store.take = async () => undefined;
}

it('a proof of work is idle, then processing, then ready, and paid once', async () => {
  await using world = await openProofWorld([80], { settings: { maxPolls: 100_000 } });
  const taskId = await ask(world, challengeOf(54_321));
  expect(await world.money()).toEqual({ posted: start, pending: 400 });
  let last = await poll(world, taskId);
  for (; last.status === 'processing'; last = await poll(world, taskId)) {}
  expect(last).toMatchObject({ status: 'ready', solution: { number: 54_321, token: expect.any(String) } });
  expect(await world.money()).toEqual({ posted: start - 400, pending: 0 });
});

it('one that is not found in 120 s times out, costs nothing, and frees the threads for the next', async () => {
  await using world = await openProofWorld([80]);
  const taskId = await ask(world, hopeless);
  await expect.poll(async () => (await world.store.gauges(0)).openTasks).toBe(1);
  expect((await poll(world, taskId)).status).toBe('processing');
  world.clock.advance(120_000);
  await expect.poll(async () => (await poll(world, taskId)).status).toBe('failed');
  expect(await poll(world, taskId)).toMatchObject({
    errorCode: 'ERROR_TASK_TIMEOUT',
    errorDescription: 'The task has timed out',
  });
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
  const next = await ask(world, challengeOf(7));
  await expect.poll(async () => (await poll(world, next)).status).toBe('ready');
});

it('one whose process was killed is solved by the next; the dead one can end nothing', async () => {
  const { proofs, isAsked } = deadEngine();
  const killed = await openProofWorld([80], { engines: { proofs } });
  const taskId = await ask(killed, challengeOf(99));
  await isAsked();
  kill(killed);
  const { dataDir, clock } = killed;
  {
    await using next = await openProofWorld([80], { dataDir, clock });
    await expect.poll(async () => (await poll(next, taskId)).status).toBe('ready');
    expect(await next.money()).toEqual({ posted: start - 400, pending: 0 });
    const late = { taskId, lease: 2, solution: '{}', now: clock.now() };
    expect(await killed.store.settle(late)).toBe(false);
    clock.advance(120_000);
    await killed.stop();
    expect((await poll(next, taskId)).solution.number).toBe(99);
  }
});

it('one that two processes died of fails, and costs nothing', async () => {
  const [one, two] = [deadEngine(), deadEngine()];
  const first = await openProofWorld([80], { engines: { proofs: one.proofs } });
  const taskId = await ask(first, challengeOf(99));
  await one.isAsked();
  kill(first);
  const { dataDir, clock } = first;
  const second = await openProofWorld([80], { dataDir, clock, engines: { proofs: two.proofs } });
  await two.isAsked();
  kill(second);
  await using third = await openProofWorld([80], { dataDir, clock });
  expect(await poll(third, taskId)).toMatchObject({ status: 'failed', errorCode: 'ERROR_TASK_TIMEOUT' });
  expect(await third.money()).toEqual({ posted: start, pending: 0 });
  clock.advance(120_000);
  await second.stop();
  await first.stop();
});

it('one that a stopping server has not finished is left to the next start', async () => {
  const { proofs, isAsked } = deadEngine();
  const stopping = await openProofWorld([80], { engines: { proofs }, settings: { drainSeconds: 0.05 } });
  const taskId = await ask(stopping, challengeOf(99));
  await isAsked();
  const { dataDir, clock } = stopping;
  await stopping.stop();
  await using next = await openProofWorld([80], { dataDir, clock });
  await expect.poll(async () => (await poll(next, taskId)).status).toBe('ready');
});

it('the parts of a proof of work are left as soon as one of them has no solution', async () => {
  const searching = new Set<AbortSignal>();
  let asked = 0;
  const search = (_puzzle: unknown, { signal }: { signal: AbortSignal }) => {
    if (++asked === 1) return Promise.resolve(undefined);
    searching.add(signal);
    return new Promise<undefined>((_resolve, reject) => {
      signal.addEventListener('abort', () => searching.delete(signal) && reject(signal.reason));
    });
  };
  await using world = await openProofWorld([80], { engines: { proofs: { search } } });
  const task = { type: 'CapTask', challenge: { token: 't', challenge: { c: 8, s: 8, d: 2 } } };
  const { taskId } = (await world.call('createTask', { task })).body;
  await expect.poll(async () => (await poll(world, taskId)).errorCode).toBe('ERROR_CAPTCHA_UNSOLVABLE');
  expect(asked).toBe(8);
  expect([...searching]).toEqual([]);
});
