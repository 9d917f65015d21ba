import { hash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { SearchPool } from '../../src/compute/pool.ts';
import type { ToThread } from '../../src/compute/thread.ts';
import { type Proof, startsWith } from '../../src/proof.ts';
import { keys } from './keys.ts';

const pools: SearchPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.stop();
});

function pool(threads = 2, startThread?: () => Worker): SearchPool {
  const made = new SearchPool(startThread === undefined ? { threads } : { threads, startThread });
  pools.push(made);
  return made;
}

const digits = (text: string, hex: string): Proof => ({
  kind: 'digits',
  algorithm: 'sha256',
  prefix: Buffer.from(text),
  ...startsWith(hex),
});
/** No counter that anybody will live to see. */
const hopeless = digits('hopeless', '0'.repeat(64));
const { signal } = new AbortController();

describe('searches', () => {
  it('find a counter, many at once on few threads', async () => {
    const searching = pool();
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, index) => searching.search(digits(`p${index}`, 'abc'), { signal })),
    );
    for (const [index, answer] of found.entries()) {
      const expected = hash('sha256', `p${index}${answer!.counter}`, 'hex');
      expect(answer!.hash).toBe(expected);
      expect(expected.startsWith('abc')).toBe(true);
    }
  });

  it('end with nothing when no counter before the last is an answer', async () => {
    expect(await pool().search(hopeless, { signal, to: 100_000 })).toBeUndefined();
  });

  it('look at every counter between the first and the last, and at no other', async () => {
    const searching = pool(3);
    for (const counter of [0, 63, 64, 4_095, 33_333]) {
      const proof = digits('s', hash('sha256', `s${counter}`, 'hex'));
      expect((await searching.search(proof, { signal, to: counter + 1 }))?.counter).toBe(counter);
      expect(await searching.search(proof, { signal, to: counter })).toBeUndefined();
      expect(await searching.search(proof, { signal, from: counter + 1, to: 40_000 })).toBeUndefined();
    }
  });

  it('are left when nobody waits any more, and the threads are free again', async () => {
    const searching = pool();
    const gone = new AbortController();
    const left = searching.search(hopeless, { signal: gone.signal });
    await expect.poll(() => searching.load.busy).toBe(2);
    gone.abort(new Error('nobody waits'));
    await expect(left).rejects.toThrow('nobody waits');
    await expect.poll(() => searching.load).toEqual({ searches: 0, busy: 0, threads: 2 });
    await expect(searching.search(hopeless, { signal: gone.signal })).rejects.toThrow('nobody waits');
  });

  it('share the threads: a short one does not wait behind an endless one', async () => {
    const searching = pool(1);
    const gone = new AbortController();
    const endless = searching.search(hopeless, { signal: gone.signal }).catch(() => 'left');
    await expect.poll(() => searching.load.busy).toBe(1);
    expect((await searching.search(digits('short', 'ab'), { signal }))?.hash.slice(0, 2)).toBe('ab');
    gone.abort();
    expect(await endless).toBe('left');
  });

  it('are refused by a pool that stops, those under way too', async () => {
    const searching = pool();
    const left = expect(searching.search(hopeless, { signal })).rejects.toMatchObject({
      code: 'ERROR_SERVICE_UNAVALIABLE',
    });
    await searching.stop();
    await left;
    await expect(searching.search(hopeless, { signal })).rejects.toMatchObject({
      code: 'ERROR_SERVICE_UNAVALIABLE',
    });
    expect(searching.load.threads).toBe(0);
  });
});

/** A thread that finds nothing, and says of each range that it took as long as the test says; it counts ranges. */
class PretendThread extends EventEmitter {
  static readonly asked: Proof[] = [];
  readonly #msOf: (proof: Proof) => number;
  constructor(msOf: (proof: Proof) => number) {
    super();
    this.#msOf = msOf;
    setImmediate(() => this.emit('online'));
  }
  postMessage(message: ToThread): void {
    if (message.kind === 'stop') setImmediate(() => this.emit('exit'));
    else {
      PretendThread.asked.push(message.proof);
      setImmediate(() => this.emit('message', { found: undefined, ms: this.#msOf(message.proof) }));
    }
  }
  async terminate(): Promise<void> {}
}

describe('of accounts', () => {
  it('each has the threads for as long, however long a range of its proofs takes', async () => {
    PretendThread.asked.length = 0;
    const slow = keys(1);
    const msOf = (proof: Proof) => (proof === slow ? 500 : 25);
    const searching = pool(1, () => new PretendThread(msOf) as unknown as Worker);
    const gone = new AbortController();
    const endless = Array.from({ length: 4 }, () =>
      searching.search(slow, { signal: gone.signal, accountId: 'a' }).catch(() => {}),
    );
    await searching.search(digits('quick', 'f'), { signal, accountId: 'b', to: 64 * 40 });
    gone.abort();
    await Promise.all(endless);
    const slowOnes = PretendThread.asked.filter((proof) => proof === slow).length;
    // 40 ranges of 25 ms are two of 500.
    expect(slowOnes).toBeLessThanOrEqual(4);
  });

  it('keys of all threads stay within the memory that there is, and one that needs more is not begun', async () => {
    const [large, small] = [keys(200 * 1024), keys(60 * 1024)];
    const busy: Proof[][] = [];
    const threads: Watched[] = [];
    class Watched extends PretendThread {
      at: Proof | undefined;
      override postMessage(message: ToThread): void {
        if (message.kind !== 'stop') {
          this.at = message.proof;
          busy.push(threads.flatMap(({ at }) => at ?? []));
        }
        super.postMessage(message);
      }
    }
    const startThread = () => {
      const thread = new Watched(() => 25);
      thread.prependListener('message', () => {
        thread.at = undefined;
      });
      threads.push(thread);
      return thread as unknown as Worker;
    };
    const searching = new SearchPool({ threads: 3, startThread, memory: 130 * 1024 * 1024 });
    pools.push(searching);
    await expect(searching.search(large, { signal, to: 4 })).rejects.toMatchObject({
      code: 'ERROR_CAPTCHA_UNSOLVABLE',
      detail: expect.stringContaining('more memory'),
    });
    const asked = [small, small, small].map((proof) => searching.search(proof, { signal, to: 4 }));
    expect(await Promise.all(asked)).toEqual(Array(3).fill(undefined));
    expect(Math.max(...busy.map((at) => at.length))).toBe(2);
    expect(busy.flat()).not.toContain(large);
  });

  it('one whose keys need much memory has its turn beside another that always has a key under way', async () => {
    PretendThread.asked.length = 0;
    const [small, large] = [keys(40 * 1024), keys(64 * 1024)];
    const never = new AbortController();
    let ranges = Number.NEGATIVE_INFINITY;
    const msOf = () => {
      if (++ranges > 1_000) never.abort(new Error('never begun'));
      return 25;
    };
    const startThread = () => new PretendThread(msOf) as unknown as Worker;
    const searching = new SearchPool({ threads: 2, startThread, memory: 100 * 1024 * 1024 });
    pools.push(searching);
    const gone = new AbortController();
    const endless = searching.search(small, { signal: gone.signal, accountId: 'b' }).catch(() => {});
    await expect.poll(() => searching.load.busy).toBe(2);
    ranges = 0;
    await searching.search(large, { signal: never.signal, accountId: 'a', to: 4 });
    gone.abort();
    await endless;
    expect(PretendThread.asked.filter((proof) => proof === large)).toHaveLength(4);
  });
});

it('a pool has no thread until it is asked for the first proof, and then one after the other', async () => {
  const started: PretendThread[] = [];
  class Slow extends PretendThread {
    override emit(event: string, ...told: unknown[]): boolean {
      return event === 'online' || super.emit(event, ...told);
    }
  }
  const searching = pool(3, () => {
    const thread = new Slow(() => 25);
    started.push(thread);
    return thread as unknown as Worker;
  });
  expect(started).toHaveLength(0);
  for (const threads of [1, 2, 3, 3]) {
    await searching.search(digits('any', 'a'), { signal, to: 64 });
    expect(started).toHaveLength(threads);
    EventEmitter.prototype.emit.call(started.at(-1)!, 'online');
  }
});

it('a pool that stops ends a thread that does not come back', async () => {
  const startThread = () =>
    new Worker(`require('node:worker_threads').parentPort.once('message', () => { for (;;); })`, {
      eval: true,
    });
  const searching = new SearchPool({ threads: 1, startThread, lingerMs: 1 });
  const left = expect(searching.search(hopeless, { signal })).rejects.toThrow('stopping');
  await searching.stop();
  await left;
  expect(searching.load.threads).toBe(0);
});

describe('a search that a thread dies of', () => {
  const thread = new URL('../../src/compute/thread.ts', import.meta.url);
  /** The first `deaths` threads end as soon as they are asked something. */
  function mortal(deaths: number) {
    let started = 0;
    return () =>
      started++ < deaths
        ? new Worker(`require('node:worker_threads').parentPort.once('message', () => process.exit(1))`, {
            eval: true,
          })
        : new Worker(thread);
  }

  it('goes on with the very range on another thread', async () => {
    const proof = digits('s', hash('sha256', 's7', 'hex'));
    const found = await pool(1, mortal(1)).search(proof, { signal, to: 64 });
    expect(found?.counter).toBe(7);
  });

  it('is given up the second time, and each death is told', async () => {
    const deaths: unknown[] = [];
    const startThread = mortal(2);
    const searching = new SearchPool({ threads: 1, startThread, onThreadEnd: (why) => deaths.push(why) });
    pools.push(searching);
    await expect(searching.search(hopeless, { signal })).rejects.toMatchObject({
      code: 'ERROR_SERVICE_UNAVALIABLE',
    });
    expect(deaths).toEqual(['the thread ended', 'the thread ended']);
  });

  it('goes on when threads can be made again', async () => {
    const startThread = mortal(1);
    let started = 0;
    // As `new Worker` does at the limit of a container's threads.
    const full = () => {
      if (++started === 2) throw new Error('EAGAIN');
      return startThread();
    };
    const proof = digits('s', hash('sha256', 's7', 'hex'));
    const found = await pool(1, full).search(proof, { signal, to: 64 });
    expect([found?.counter, started]).toEqual([7, 3]);
  });

  it('is given up at once when it only cannot be computed', async () => {
    const searching = pool(1);
    const impossible: Proof = {
      kind: 'derivation',
      function: 'scrypt',
      digest: 'sha256',
      nonce: Buffer.from('n'),
      salt: Buffer.from('s'),
      keyLength: 32,
      // scrypt wants a power of two.
      cost: 3,
      memory: 8,
      parallelism: 1,
      ...startsWith('00'),
    };
    await expect(searching.search(impossible, { signal })).rejects.toMatchObject({
      code: 'ERROR_SERVICE_UNAVALIABLE',
    });
    expect((await searching.search(digits('next', 'a'), { signal }))?.hash[0]).toBe('a');
  });
});
