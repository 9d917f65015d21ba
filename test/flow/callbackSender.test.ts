import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../src/call.ts';
import { type CallbackParts, CallbackSender } from '../../src/flow/callbacks.ts';
import type { Callback } from '../../src/store/store.ts';

const callback: Callback = {
  taskId: 'a task',
  number: 1,
  dialect: 'capsolver',
  address: '192.0.2.1',
  price: 400,
  createdAt: 0,
  endedAt: 0,
  keyId: 'a key',
  url: 'http://site.example/',
  host: 'site.example',
  solution: '{}',
  errorCode: null,
  errorDetail: null,
  attempts: 1,
};

afterEach(() => {
  vi.restoreAllMocks();
});

/** A sender with one callback to send, and how its store was told that it ended. */
function senderOf(change: Partial<CallbackParts> = {}) {
  const ends: unknown[] = [];
  const logged: string[] = [];
  const counted: string[] = [];
  const waiting = [callback];
  const parts: CallbackParts = {
    clock: { now: () => 1_000_000, elapsed: () => 0 },
    machineTime: () => 1_000_000,
    store: {
      takeCallback: async () => waiting.shift(),
      endCallback: async (end) => ends.push(end) > 0,
    },
    engines: { web: { call: async () => ({ kind: 'answered', status: 200, contentType: '', body: '' }) } },
    sites: { parse: (url) => new URL(url) },
    messageOf: () => ({ id: 'a task', type: 'application/json', body: '{}' }),
    pepper: 'pepper',
    log: pino({}, { write: (line: string) => void logged.push(line) }),
    metrics: { countCallback: (result) => void counted.push(result) },
    random: () => 0.5,
    ...change,
  };
  return { sender: new CallbackSender(parts), ends, logged, counted };
}

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
        return { kind: 'answered', status: 200, contentType: '', body: '' };
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

  it('lets no key have more than eight calls under way, to however many hosts', async () => {
    const hanging = Promise.withResolvers<Outcome>();
    let taken = 0;
    let isEmpty = false;
    const store: CallbackParts['store'] = {
      // As the outbox does: greedy keeps coming first, and the other one after it.
      takeCallback: async ({ busyKeys }) => {
        const keyId = ['greedy', 'other'].find((id) => !busyKeys.includes(id));
        return keyId === undefined || isEmpty ? undefined : { ...callback, keyId, host: `host-${++taken}` };
      },
      endCallback: async () => true,
    };
    const call = vi.fn(() => hanging.promise);
    const { sender } = senderOf({ store, engines: { web: { call } } });
    sender.look();
    await expect.poll(() => call.mock.calls.length).toBe(16);
    for (let turnsLeft = 20; turnsLeft > 0; turnsLeft--) await turn();
    expect(call).toHaveBeenCalledTimes(16);
    isEmpty = true;
    const stopping = sender.stop();
    hanging.resolve({ kind: 'answered', status: 410, contentType: '', body: '' } as Outcome);
    await stopping;
  });

  it('leaves places to keys that have none, however many keys have all they may', async () => {
    let hosts = 0;
    const asked: (readonly string[])[] = [];
    const greedy = ['first', 'second', 'third', 'fourth'];
    const store: CallbackParts['store'] = {
      async takeCallback({ busyKeys }) {
        asked.push(busyKeys);
        const keyId = greedy.find((id) => !busyKeys.includes(id));
        return keyId === undefined ? undefined : { ...callback, keyId, host: `host-${++hosts}` };
      },
      endCallback: async () => true,
    };
    const hanging = Promise.withResolvers<Outcome>();
    const call = vi.fn(() => hanging.promise);
    const { sender } = senderOf({ store, engines: { web: { call } } });
    sender.look();
    await expect.poll(() => asked.at(-1)).toEqual(greedy);
    expect(call.mock.calls.length).toBeLessThanOrEqual(25);
    store.takeCallback = async () => undefined;
    const stopping = sender.stop();
    hanging.resolve({ kind: 'answered', status: 200, contentType: '', body: '' } as Outcome);
    await stopping;
  });

  it('does not look for what must wait, time and again, while its key has all it may', async () => {
    let hosts = 0;
    let looks = 0;
    const store: CallbackParts['store'] = {
      async takeCallback({ busyKeys }) {
        looks++;
        return busyKeys.includes('greedy')
          ? undefined
          : { ...callback, keyId: 'greedy', host: `host-${++hosts}` };
      },
      endCallback: async () => true,
    };
    const calls: PromiseWithResolvers<Outcome>[] = [];
    const call = () => {
      calls.push(Promise.withResolvers());
      return calls.at(-1)!.promise;
    };
    const { sender } = senderOf({ store, engines: { web: { call } } });
    sender.lookFor('greedy');
    await expect.poll(() => [calls.length, looks]).toEqual([8, 9]);
    for (let at = 0; at < 5; at++) sender.lookFor('greedy');
    for (let turnsLeft = 20; turnsLeft > 0; turnsLeft--) await turn();
    expect(looks).toBe(9);
    sender.lookFor('other');
    await expect.poll(() => looks).toBe(10);
    calls[0]!.resolve({ kind: 'answered', status: 200, contentType: '', body: '' } as Outcome);
    await expect.poll(() => calls.length).toBe(9);
    store.takeCallback = async () => undefined;
    const stopping = sender.stop();
    for (const one of calls)
      one.resolve({ kind: 'answered', status: 200, contentType: '', body: '' } as Outcome);
    await stopping;
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
    for (let turnsLeft = 20; turnsLeft > 0; turnsLeft--) await turn();
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
