import { EventEmitter } from 'node:events';
import { setImmediate as soon } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { RecognizerPool } from '../../src/recognize/pool.ts';

test('a thread that dies where no more may be made is told of, as is each that cannot be, and replaced as soon as one can', async () => {
  const deaths: unknown[] = [];
  const made: EventEmitter[] = [];
  let isFull = false;
  const startThread = () => {
    // As `new Worker` does at the limit of a container's threads.
    if (isFull) throw new Error('EAGAIN');
    const thread = Object.assign(new EventEmitter(), { postMessage: () => thread.emit('exit', 0) });
    made.push(thread);
    queueMicrotask(() => thread.emit('message', { kind: 'ready' }));
    return thread as unknown as Worker;
  };
  const pool = await RecognizerPool.start({
    threads: 1,
    queueLimit: 1,
    clock: { now: () => 0, elapsed: () => 0 },
    startThread,
    onThreadEnd: (reason) => deaths.push(reason),
  });
  isFull = true;
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  made[0]!.emit('exit', 1);
  await soon();
  isFull = false;
  vi.advanceTimersByTime(1_000);
  await soon();
  expect([made.length, pool.load.threads]).toEqual([2, 1]);
  expect(deaths).toEqual(['the recognition thread ended', new Error('EAGAIN')]);
  await pool.stop();
});
