import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { afterEach, expect, it } from 'vitest';
import { SearchPool } from '../../src/compute/pool.ts';
import type { ToThread } from '../../src/compute/thread.ts';
import { type Found, type Proof, startsWith } from '../../src/proof.ts';
import { keys } from './keys.ts';

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
function startPool(count: number, memory = Number.POSITIVE_INFINITY): void {
  threads = [];
  const startThread = () => {
    const thread = new LedThread();
    threads.push(thread);
    return thread as unknown as Worker;
  };
  searching = new SearchPool({ threads: count, startThread, memory });
}

const proof: Proof = {
  kind: 'digits',
  algorithm: 'sha256',
  prefix: Buffer.from('any'),
  ...startsWith('f'),
};
/** Of argon2id, which take so many KiB each. */
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

it.each([1, 2])(
  'an account that is at a thread keeps no other from the memory that it leaves: by %i searches',
  async (count) => {
    startPool(2, 100 * 1024 * 1024);
    const gone = new AbortController();
    const large = Array.from({ length: count }, () =>
      searching.search(keys(64 * 1024), { signal: gone.signal, accountId: 'a' }).catch(() => {}),
    );
    threads[0]!.emit('online');
    const small = searching.search(keys(32 * 1024), { signal, accountId: 'b', to: 1 });
    expect(threads[1]!.ranges).toEqual([{ from: 0, to: 1 }]);
    threads[1]!.say({ found: undefined, ms: 25 });
    expect(await small).toBeUndefined();
    gone.abort();
    await Promise.all(large);
  },
);

it('a search that needs more memory than others of its account leave it has its turn after them', async () => {
  startPool(2, 100 * 1024 * 1024);
  const gone = new AbortController();
  const endless = searching.search(keys(40 * 1024), { signal: gone.signal, accountId: 'a' }).catch(() => {});
  threads[0]!.emit('online');
  const large = searching.search(keys(64 * 1024), { signal, accountId: 'a', to: 1 });
  const begun = () => threads.map(({ ranges }) => ranges.length);
  const goOn = (at: number) => threads[at]!.say({ found: undefined, ms: 25 });
  expect(begun()).toEqual([1, 1]);
  goOn(1);
  expect(begun()).toEqual([1, 2]);
  goOn(0);
  expect(begun()).toEqual([1, 2]);
  goOn(1);
  expect(begun()).toEqual([2, 2]);
  goOn(0);
  expect(await large).toBeUndefined();
  gone.abort();
  await endless;
});
