import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../src/call.ts';
import type { CallbackParts } from '../../src/flow/callbacks.ts';
import type { Callback } from '../../src/store/records.ts';
import { answered, callback, senderOf, settle } from './callbackWorld.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A sender whose callback has come to this attempt, and is answered with 500. */
function failing(attempts: number, random: number) {
  const waiting = [{ ...callback, attempts }];
  const ends: unknown[] = [];
  const store: CallbackParts['store'] = {
    takeCallback: async () => waiting.shift(),
    endCallback: async (end) => ends.push(end) > 0,
  };
  const answer: Outcome = { kind: 'answered', status: 500, contentType: '', body: '' };
  return {
    ...senderOf({ store, engines: { web: { call: async () => answer } }, random: () => random }),
    ends,
  };
}

describe('a sender of callbacks', () => {
  it("signs with the machine's time, which its receivers compare with theirs, and not with one that follows it slowly", async () => {
    let stamp: string | undefined;
    const web: CallbackParts['engines']['web'] = {
      call: async ({ headers }) => {
        stamp = headers?.['webhook-timestamp'];
        return answered;
      },
    };
    const { sender, ends } = senderOf({ engines: { web }, machineTime: () => 4_600_000 });
    sender.start();
    await expect.poll(() => ends.length).toBe(1);
    await sender.stop();
    expect(stamp).toBe('4600');
  });

  it.each<[string, Partial<CallbackParts>]>([
    [
      'cannot be written',
      {
        messageOf: () => {
          throw new Error('no such words');
        },
      },
    ],
    ['cannot be called', { engines: { web: { call: () => Promise.reject<Outcome>(new Error('no web')) } } }],
  ])('tries one later that %s, by a fault of its own', async (_name, fault) => {
    const { sender, ends, logged, counted } = senderOf(fault);
    sender.look();
    await expect.poll(() => ends).toEqual([{ taskId: 'a task', attempts: 1, nextAt: 1_005_000 }]);
    expect(counted).toEqual(['failed']);
    expect(logged.join('')).toContain('a callback could not be sent');
    await sender.stop();
  });

  it.each<[attempt: number, pause: number]>([
    [1, 5_000],
    [2, 30_000],
    [3, 120_000],
    [4, 300_000],
  ])('tries again after attempt %i in %i ms, give or take a tenth', async (attempts, pause) => {
    for (const [random, share] of [
      [0, 0.9],
      [0.5, 1],
      [1, 1.1],
    ] as const) {
      const { sender, ends } = failing(attempts, random);
      sender.look();
      await expect
        .poll(() => ends)
        .toEqual([{ taskId: 'a task', attempts, nextAt: 1_000_000 + share * pause }]);
      await sender.stop();
    }
  });

  it('gives up after the fifth attempt', async () => {
    const { sender, ends, counted } = failing(5, 0.5);
    sender.look();
    await expect.poll(() => ends).toEqual([{ taskId: 'a task', attempts: 5, nextAt: null }]);
    expect(counted).toEqual(['given_up']);
    await sender.stop();
  });

  it('that is stopped waits for its store, and does nothing meanwhile', async () => {
    const taken = Promise.withResolvers<Callback | undefined>();
    const takes = [taken.promise];
    const takeCallback = async () => takes.shift();
    const ends: unknown[] = [];
    const { sender } = senderOf({ store: { takeCallback, endCallback: async (end) => ends.push(end) > 0 } });
    sender.look();
    const turns = vi.spyOn(globalThis, 'setImmediate');
    let isStopped = false;
    const stopping = sender.stop().then(() => {
      isStopped = true;
    });
    await settle();
    expect(turns).not.toHaveBeenCalled();
    expect(isStopped).toBe(false);
    taken.resolve(callback);
    await stopping;
    expect(ends).toEqual([{ taskId: 'a task', attempts: 1, nextAt: null }]);
  });

  it('that stops leaves its last attempt to the next start, where it did not see it end, and lends each for longer than a call takes', async () => {
    vi.useFakeTimers();
    try {
      const waiting = [{ ...callback, attempts: 5 }];
      const lent: number[] = [];
      const store: CallbackParts['store'] = {
        takeCallback: async ({ now, lostAt }) => {
          lent.push(lostAt - now);
          return waiting.shift();
        },
        endCallback: async (end) => ends.push(end) > 0,
      };
      const call: CallbackParts['engines']['web']['call'] = ({ signal }) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => resolve({ kind: 'unreachable', cause: signal.reason }));
        });
      const { sender, ends, counted } = senderOf({ store, engines: { web: { call } } });
      sender.look();
      const stopping = sender.stop();
      await vi.advanceTimersByTimeAsync(2_000);
      await stopping;
      expect(ends).toEqual([]);
      expect(counted).toEqual([]);
      expect(Math.min(...lent)).toBeGreaterThan(10_000);
    } finally {
      vi.useRealTimers();
    }
  });
});
