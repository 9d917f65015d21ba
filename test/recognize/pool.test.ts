import { readFileSync } from 'node:fs';
import { setImmediate as soon } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/fault.ts';
import type { ReadOptions } from '../../src/reading.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { StandIn } from './standIn.ts';

const image = readFileSync(new URL('../../examples/number.png', import.meta.url));
const wide = readFileSync(new URL('../../examples/common.jpg', import.meta.url));
const large = Buffer.from(image);
large.writeUInt32BE(20 * large.readUInt32BE(16), 16);
large.writeUInt32BE(20 * large.readUInt32BE(20), 20);

const clock = { ms: 1_000_000, now: () => clock.ms, elapsed: () => clock.ms };
let pool: RecognizerPool;
let threads: StandIn[];

async function startPool({ count = 1, queueLimit = 100 } = {}): Promise<void> {
  threads = [];
  const startThread = () => {
    const thread = new StandIn();
    threads.push(thread);
    queueMicrotask(() => thread.say({ kind: 'ready' }));
    return thread as unknown as Worker;
  };
  pool = await RecognizerPool.start({ threads: count, queueLimit, clock, startThread });
}

afterEach(async () => {
  const stopped = pool.stop();
  for (const thread of threads) while (thread.batches.length > 0) thread.answer();
  await stopped;
});

const read = (options: Partial<ReadOptions> = {}, of: Uint8Array = image) =>
  pool.read(of, { deadline: clock.ms + 120_000, signal: new AbortController().signal, ...options });

/** The fault that a promise ends in, without leaving it unhandled meanwhile. */
const faultOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Fault) => error,
  );

describe('batches', () => {
  test('what has gathered while a thread was busy goes through together, eight at most', async () => {
    await startPool();
    const reads = Array.from({ length: 12 }, () => read());
    expect(threads[0]!.batches).toEqual([1]);
    threads[0]!.answer();
    expect(threads[0]!.batches).toEqual([8]);
    threads[0]!.answer();
    expect(threads[0]!.batches).toEqual([3]);
    threads[0]!.answer();
    const texts = (await Promise.all(reads)).map(({ text }) => text);
    expect(texts).toEqual(['0', '0', '1', '2', '3', '4', '5', '6', '7', '0', '1', '2']);
  });

  test('images of another width wait for their turn', async () => {
    await startPool();
    const reads = [read(), read(), read({}, wide), read(), read({}, wide)];
    threads[0]!.answer();
    expect(threads[0]!.batches).toEqual([2]);
    threads[0]!.answer();
    expect(threads[0]!.batches).toEqual([2]);
    threads[0]!.answer();
    await Promise.all(reads);
  });

  test('a large picture goes through by itself: nobody waits while eight of them are decoded', async () => {
    await startPool();
    const reads = [read(), read({}, large), read(), read({}, large), read()];
    for (const batch of [1, 1, 2, 1]) {
      expect(threads[0]!.batches).toEqual([batch]);
      threads[0]!.answer();
    }
    await Promise.all(reads);
  });

  test('the first thread to come free leaves the others their share', async () => {
    await startPool({ count: 2 });
    const reads = Array.from({ length: 10 }, () => read());
    threads[0]!.answer();
    expect(threads.map(({ batches }) => batches)).toEqual([[4], [1]]);
    for (const thread of [...threads, ...threads, threads[0]!]) thread.answer();
    await Promise.all(reads);
  });

  test('idle threads share what waits', async () => {
    await startPool({ count: 2 });
    const reads = [read(), read(), read(), read()];
    expect(threads.map(({ batches }) => batches)).toEqual([[1], [1]]);
    for (const thread of threads) thread.answer();
    for (const thread of threads) thread.answer();
    await Promise.all(reads);
  });
});

test('a full queue refuses at once, and says when to come back', async () => {
  await startPool({ queueLimit: 2 });
  const reads = [read(), read(), read()];
  const fault = await faultOf(read());
  expect(fault).toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE', retryAfterMs: expect.any(Number) });
  expect(fault!.retryAfterMs).toBeGreaterThanOrEqual(100);
  threads[0]!.answer();
  await soon();
  const afterwards = read();
  threads[0]!.answer();
  threads[0]!.answer();
  await Promise.all([...reads, afterwards]);
});

test('when to come back is told by what each image took, in however large a batch', async () => {
  await startPool({ queueLimit: 8 });
  const reads = [read()];
  for (let i = 0; i < 30; i++) {
    reads.push(...Array.from({ length: 8 }, () => read()));
    threads[0]!.answer(1_000);
  }
  reads.push(...Array.from({ length: 8 }, () => read()));
  const fault = await faultOf(read());
  expect(fault!.retryAfterMs).toBeGreaterThan(7_900);
  for (let i = 0; i < 2; i++) threads[0]!.answer();
  await Promise.all(reads);
});

test('in a full queue whoever has less waiting takes a place from the one who has most', async () => {
  await startPool({ queueLimit: 2 });
  const [first, second] = [read({ accountId: 'a' }), read({ accountId: 'a' })];
  const third = faultOf(read({ accountId: 'a' }));
  const other = read({ accountId: 'b' });
  expect(await third).toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE', retryAfterMs: expect.any(Number) });
  threads[0]!.answer();
  threads[0]!.answer();
  threads[0]!.answer();
  await Promise.all([first, second, other]);
});

test.each([
  ['three', 44, 'abbababababab'],
  ['twenty', 300, 'abbbbbbbaaaaa'],
])('whose image took %s times as long as usual waits for as many of others', async (_, inferMs, turns) => {
  await startPool();
  const order: string[] = [];
  const reads: Promise<unknown>[] = [];
  const send = (accountId: string) =>
    reads.push(read({ accountId }, large).then(() => order.push(accountId)));
  for (const account of 'abb') send(account);
  threads[0]!.answer(inferMs);
  for (const account of 'ababababab') send(account);
  for (let i = 0; i < 12; i++) threads[0]!.answer();
  await Promise.all(reads);
  expect(order.join('')).toBe(turns);
});

describe('a client that goes', () => {
  test('before its image is begun: the image is not read', async () => {
    await startPool();
    const first = read();
    const leaving = new AbortController();
    const left = faultOf(read({ signal: leaving.signal }));
    const last = read();
    leaving.abort();
    expect(await left).toMatchObject({ name: 'AbortError' });
    threads[0]!.answer();
    expect(threads[0]!.batches).toEqual([1]);
    threads[0]!.answer();
    await Promise.all([first, last]);
  });

  test('after it was begun: the answer still comes', async () => {
    await startPool();
    const leaving = new AbortController();
    const begun = read({ signal: leaving.signal });
    leaving.abort();
    threads[0]!.answer();
    expect((await begun).text).toBe('0');
  });

  test('before it was even queued', async () => {
    await startPool();
    expect(await faultOf(read({ signal: AbortSignal.abort() }))).toMatchObject({ name: 'AbortError' });
    expect(pool.load.waiting).toBe(0);
  });
});

describe('a deadline', () => {
  test('ends what waits and what runs, and leaves the thread alone', async () => {
    await startPool();
    const deadline = clock.ms + 1000;
    const running = faultOf(read({ deadline }));
    const waiting = faultOf(read({ deadline }));
    const patient = read();
    clock.ms += 999;
    pool.expire();
    expect(pool.load).toMatchObject({ waiting: 2, running: 1 });
    clock.ms += 1;
    pool.expire();
    expect(await running).toMatchObject({ code: 'ERROR_TASK_TIMEOUT' });
    expect(await waiting).toMatchObject({ code: 'ERROR_TASK_TIMEOUT' });
    threads[0]!.answer();
    threads[0]!.answer();
    expect((await patient).text).toBe('0');
    expect(threads).toHaveLength(1);
  });

  test('that has passed already takes no place in the queue', async () => {
    await startPool();
    expect(await faultOf(read({ deadline: clock.ms }))).toMatchObject({ code: 'ERROR_TASK_TIMEOUT' });
    expect(pool.load).toMatchObject({ waiting: 0, running: 0 });
  });
});

describe('a thread that dies', () => {
  test('is replaced, and its images run once more, each by itself', async () => {
    await startPool();
    const reads = [read(), read(), read(), read()];
    threads[0]!.answer();
    threads[0]!.die();
    await soon();
    expect(threads).toHaveLength(2);
    for (let i = 0; i < 3; i++) {
      expect(threads[1]!.batches).toEqual([1]);
      threads[1]!.answer();
    }
    expect((await Promise.all(reads)).map(({ text }) => text)).toEqual(['0', '0', '0', '0']);
  });

  test('while it reads for a client that has gone: that image is dropped', async () => {
    await startPool();
    const first = read();
    threads[0]!.answer();
    await first;
    const leaving = new AbortController();
    const left = faultOf(read({ signal: leaving.signal }));
    leaving.abort();
    threads[0]!.die();
    expect(await left).toMatchObject({ name: 'AbortError' });
    await soon();
    expect(threads[1]!.batches).toEqual([]);
  });

  test('twice on the same image: that image fails, the others do not', async () => {
    await startPool();
    const first = read();
    const killer = faultOf(read());
    const innocent = read();
    threads[0]!.answer();
    await first;
    threads[0]!.die();
    await soon();
    threads[1]!.die();
    expect(await killer).toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE' });
    await soon();
    threads[2]!.answer();
    expect((await innocent).text).toBe('0');
  });
});

describe('stopping', () => {
  test('lets what runs finish, refuses what waits and what comes', async () => {
    await startPool();
    const running = read();
    const waiting = faultOf(read());
    let over = false;
    const stopped = pool.stop().then(() => {
      over = true;
    });
    expect(await waiting).toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE' });
    expect(await faultOf(read())).toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE' });
    await soon();
    expect(over).toBe(false);
    threads[0]!.answer();
    expect((await running).text).toBe('0');
    await stopped;
    expect(threads).toHaveLength(1);
  });
});

test('a model that cannot be loaded is told at the start', async () => {
  await startPool();
  const failing = RecognizerPool.start({
    threads: 1,
    queueLimit: 1,
    clock,
    startThread: () => {
      const thread = new StandIn();
      queueMicrotask(() => {
        thread.say({ kind: 'failed', message: 'no such file' });
        thread.die();
      });
      return thread as unknown as Worker;
    },
  });
  await expect(failing).rejects.toThrow('could not start');
});
