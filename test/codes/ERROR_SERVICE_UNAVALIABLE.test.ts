import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import type { TextReader } from '../../src/tasks/task.ts';
import {
  expectReady,
  expectRefusal,
  FakeClock,
  gatedReader,
  imageTask,
  openWorld,
  price,
  start,
} from '../world.ts';

const text = 'Service is temporarily unavailable';

test('a stopping server refuses new tasks and finishes those under way', async () => {
  const { read, finish } = gatedReader('abc');
  await using world = await openWorld({ engines: { text: { read } } });
  const underway = world.call('createTask', await imageTask());
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });

  const closed = world.api.close();
  const refused = await world.call('createTask', await imageTask());
  expectRefusal(refused, 'ERROR_SERVICE_UNAVALIABLE', text);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await world.money()).toEqual({ posted: start, pending: price });

  finish();
  expectReady(await underway, { text: 'abc', confidence: 1 });
  await closed;
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('a full recogniser refuses at once what it cannot take, and charges only what it reads', async () => {
  const clock = new FakeClock();
  const recognizer = await RecognizerPool.start({ threads: 1, queueLimit: 2, clock });
  try {
    await using world = await openWorld({ clock, engines: { text: recognizer } });
    const task = {
      task: { type: 'ImageToTextTask', body: readFileSync('examples/common.png').toString('base64') },
    };
    const answers = await Promise.all(Array.from({ length: 40 }, () => world.call('createTask', task)));
    const read = answers.filter((answer) => answer.status === 200);
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(read.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(await world.money()).toEqual({ posted: start - read.length * price, pending: 0 });
  } finally {
    await recognizer.stop();
  }
});

test('a task that outlasts the drain is given back', async () => {
  const settings = { drainSeconds: 0.2 };
  await using world = await openWorld({ settings, engines: { text: { read: () => new Promise(() => {}) } } });
  const underway = world.call('createTask', await imageTask());
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });
  await world.api.close();
  expectRefusal(await underway, 'ERROR_SERVICE_UNAVALIABLE', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('what nobody foresaw is logged under the request id, costs nothing, and is not shown', async () => {
  const read = () => Promise.reject(new Error('tensor shape mismatch in secret place'));
  await using world = await openWorld({ engines: { text: { read } } });
  const refused = await world.call('createTask', await imageTask(), {
    headers: { 'x-request-id': 'call-7' },
  });
  expectRefusal(refused, 'ERROR_SERVICE_UNAVALIABLE', text);
  expect(refused.headers.get('x-request-id')).toBe('call-7');
  const logged = world.log.find((line) => line.includes('tensor shape mismatch'));
  expect(JSON.parse(logged!)).toMatchObject({ level: 'error', requestId: 'call-7' });
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a task type without a price is refused rather than given away', async () => {
  await using world = await openWorld({ settings: { prices: {} } });
  expectRefusal(await world.call('createTask', await imageTask()), 'ERROR_SERVICE_UNAVALIABLE', text);
  expect(world.log.join('')).toContain('the setting prices has no ImageToTextTask/common');
});

test('our own faults never count toward a ban', async () => {
  await using world = await openWorld({ settings: { prices: {}, banErrors: 3, blockErrors: 3 } });
  for (let i = 0; i < 5; i++) await world.call('createTask', await imageTask());
  expect((await world.call('getBalance')).status).toBe(200);
});

test('a client that leaves before its image is read pays nothing, and is no fault of ours', async () => {
  const seen: AbortSignal[] = [];
  const read = (_image: Uint8Array, { signal }: { signal: AbortSignal }) => {
    seen.push(signal);
    return new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  await using world = await openWorld({ engines: { text: { read } } });
  const body = JSON.stringify({ clientKey: world.key, ...(await imageTask()) });
  const socket = connect(world.port, '127.0.0.1');
  socket.write(`POST /createTask HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await expect.poll(() => seen.length).toBe(1);
  expect(await world.money()).toEqual({ posted: start, pending: price });
  socket.destroy();
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: 0 });
  expect(seen[0]!.aborted).toBe(true);
  await expect.poll(() => world.log.join('')).toContain('the client has gone');
  expect(world.log.join('')).not.toContain('our own fault');
});

test('a client that leaves while its image is read pays, and finds the result by getTaskResult', async () => {
  const gated = gatedReader('abc');
  const ids: string[] = [];
  const gone: AbortSignal[] = [];
  const read: TextReader['read'] = (image, options) => {
    gone.push(options.signal);
    return gated.read(image, options);
  };
  await using world = await openWorld({ engines: { text: { read } } });
  const body = JSON.stringify({ clientKey: world.key, ...(await imageTask()) });
  const socket = connect(world.port, '127.0.0.1');
  socket.write(`POST /createTask HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });
  socket.destroy();
  await expect.poll(() => gone[0]?.aborted).toBe(true);
  gated.finish();
  await expect.poll(() => world.money()).toEqual({ posted: start - price, pending: 0 });
  for (const entry of await world.store.listEntries('alice', 10)) if (entry.taskId) ids.push(entry.taskId);
  const found = await world.call('getTaskResult', { taskId: ids[0] });
  expectReady(found, { text: 'abc', confidence: 1 });
});

test('what a recogniser failed at is in the log, though only its words have come, and costs nothing', async () => {
  const failed = async () => {
    throw new Fault('ERROR_SERVICE_UNAVALIABLE', {
      detail: 'the recogniser failed',
      cause: 'Load model failed',
    });
  };
  await using world = await openWorld({ engines: { text: { read: failed } } });
  const answer = await world.call('createTask', await imageTask());
  expect(answer.body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  expect(JSON.stringify(answer.body)).not.toContain('Load model');
  const lines = world.log
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.filter(({ cause }) => cause === 'Load model failed')).toMatchObject([{ level: 'error' }]);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});
