import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { gatedReader, imageTask, openWorld, type World } from '../world.ts';

/** A client with one connection that it keeps; what each request came to. */
function keepAliveClient(world: World, url = world.url) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return (fields: object = {}) =>
    new Promise<{ reused: boolean; connection?: string; errorCode?: string; failure?: string }>((resolve) => {
      const sent = request(`${url}/createTask`, { method: 'POST', agent }, async (answer) => {
        const { errorCode } = JSON.parse(await text(answer));
        resolve({ reused: sent.reusedSocket, connection: answer.headers.connection!, errorCode });
      });
      sent.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ reused: sent.reusedSocket, failure: error.code! }),
      );
      sent.end(JSON.stringify({ clientKey: world.key, ...fields }));
    });
}

test('while tasks under way are waited for, every answer closes its connection', async () => {
  const { read, finish } = gatedReader('abc');
  await using world = await openWorld({ engines: { text: { read } } });
  const [one, other] = [keepAliveClient(world), keepAliveClient(world)];
  const wrong = { connection: 'keep-alive', errorCode: 'ERROR_INVALID_TASK_DATA' };
  expect(await other()).toEqual({ reused: false, ...wrong });
  const underway = one(await imageTask());
  await expect.poll(() => world.money()).toMatchObject({ pending: 400 });

  const closed = world.api.close();
  const refused = { connection: 'close', errorCode: 'ERROR_SERVICE_UNAVALIABLE' };
  expect(await other(await imageTask())).toEqual({ ...refused, reused: true });
  expect(await other(await imageTask())).toEqual({ ...refused, reused: false });
  finish();
  expect(await underway).toMatchObject({ errorCode: '' });
  await closed;
});

test('a request whose price is being held when the server stops is waited for, and answered', async () => {
  await using world = await openWorld();
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { reserveEarly } = world.store;
  world.store.reserveEarly = async (hold) => {
    arrived.resolve();
    await gate.promise;
    return reserveEarly(hold);
  };
  const answer = keepAliveClient(world)(await imageTask());
  await arrived.promise;
  let isDrained = false;
  const closed = world.api.close().then(() => {
    isDrained = true;
  });
  await expect
    .poll(async () => (await keepAliveClient(world)(await imageTask())).errorCode)
    .toBe('ERROR_SERVICE_UNAVALIABLE');
  expect(isDrained).toBe(false);
  gate.resolve();
  expect(await answer).toMatchObject({ errorCode: '' });
  await closed;
});

test('what arrives on an open connection after the listener has closed is answered', async () => {
  await using world = await openWorld({ lingerMs: 2_000 });
  const [one, other] = [keepAliveClient(world), keepAliveClient(world)];
  await one();
  const closed = world.api.close();
  await expect.poll(() => world.api.server.listening, { timeout: 10_000 }).toBe(false);
  expect(await other()).toMatchObject({ failure: 'ECONNREFUSED' });
  expect(await one(await imageTask())).toEqual({
    reused: true,
    connection: 'close',
    errorCode: 'ERROR_SERVICE_UNAVALIABLE',
  });
  await closed;
});

test('what is open on a port of a dialect is waited for as well', async () => {
  await using world = await openWorld({
    settings: { dialectPorts: { anticaptcha: 0 } },
    lingerMs: 2_000,
  });
  const send = keepAliveClient(world, `http://127.0.0.1:${world.besidePorts[0]}`);
  await send();
  let hasClosed = false;
  const closed = world.api.close().then(() => {
    hasClosed = true;
  });
  await expect.poll(() => world.api.server.listening, { timeout: 10_000 }).toBe(false);
  await wait(100);
  expect(hasClosed).toBe(false);
  expect(await send(await imageTask())).toMatchObject({
    reused: true,
    errorCode: 'ERROR_NO_SLOT_AVAILABLE',
  });
  await closed;
});

test.each(['', 'POST /createTask HTTP/1.1\r\nHost: x\r\n'])(
  'a client that has sent no more than "%s" does not keep a stopping server',
  async (sent) => {
    const world = await openWorld();
    const silent = connect(world.port, '127.0.0.1');
    onTestFinished(() => void silent.destroy());
    const accepted = once(world.api.server, 'connection');
    silent.write(sent);
    await accepted;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const stopped = world[Symbol.asyncDispose]();
    await expect.poll(() => world.api.server.listening).toBe(false);
    vi.advanceTimersByTime(6_000);
    vi.useRealTimers();
    await stopped;
  },
);

test('clients that never pause get an answer to each request, until no connection is taken any more', async () => {
  const world = await openWorld({ lingerMs: 500 });
  const task = await imageTask();
  const outcomes = Array.from({ length: 20 }, async () => {
    const send = keepAliveClient(world);
    for (;;) {
      const { failure } = await send(task);
      if (failure !== undefined) return failure;
    }
  });
  await expect.poll(async () => (await world.money()).posted).toBeLessThan(1_000_000 - 40 * 400);
  await world[Symbol.asyncDispose]();
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['ECONNREFUSED']));
});
