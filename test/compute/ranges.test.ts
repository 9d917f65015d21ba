import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { SearchPool } from '../../src/compute/pool.ts';
import type { ToThread } from '../../src/compute/thread.ts';
import { type Found, type Proof, startsWith } from '../../src/proof.ts';

/** A thread whose every step the test takes; it remembers the ranges that it was given. */
class LedThread extends EventEmitter {
  readonly ranges: { from: number; to: number }[] = [];
  postMessage(message: ToThread): void {
    if (message.kind === 'stop') setImmediate(() => this.emit('exit'));
    else this.ranges.push({ from: message.from, to: message.to });
  }
  say(message: { found: Found | undefined; ms: number }): void {
    this.emit('message', message);
  }
  async terminate(): Promise<void> {}
}

let searching: SearchPool;
let threads: LedThread[];
afterEach(() => searching.stop());

/** Each thread is started once the one before it is online. */
function startPool(count: number): void {
  threads = [];
  const startThread = () => {
    const thread = new LedThread();
    threads.push(thread);
    return thread as unknown as Worker;
  };
  searching = new SearchPool({ threads: count, startThread });
}

const proof: Proof = {
  kind: 'digits',
  algorithm: 'sha256',
  prefix: Buffer.from('any'),
  ...startsWith('f'),
};
const hash = 'f'.repeat(64);
const { signal } = new AbortController();

it('a range is at most eight times as long as the one before it, and takes 25 ms', async () => {
  startPool(1);
  const search = searching.search(proof, { signal, to: 20_000 });
  const sizes: number[] = [];
  for (const thread = threads[0]!; sizes.length < 5; ) {
    const { from, to } = thread.ranges.at(-1)!;
    sizes.push(to - from);
    thread.say({ found: undefined, ms: (to - from) / 100 });
  }
  threads[0]!.say({ found: { counter: 9_000, hash }, ms: 25 });
  expect(await search).toEqual({ counter: 9_000, hash });
  expect(sizes).toEqual([64, 512, 2_500, 2_500, 2_500]);
});

it('a search is not over while a range that was lost with its thread is to be looked through again', async () => {
  startPool(2);
  const search = searching.search(proof, { signal, to: 128 });
  threads[0]!.emit('online');
  threads[0]!.emit('exit');
  const other = threads[1]!;
  other.say({ found: undefined, ms: 25 });
  expect(other.ranges).toEqual([
    { from: 64, to: 128 },
    { from: 0, to: 64 },
  ]);
  other.say({ found: { counter: 7, hash }, ms: 25 });
  expect(await search).toEqual({ counter: 7, hash });
});
