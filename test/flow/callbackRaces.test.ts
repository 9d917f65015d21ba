import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { Outcome } from '../../src/call.ts';
import { type CallbackParts, CallbackSender } from '../../src/flow/callbacks.ts';
import type { Callback } from '../../src/store/records.ts';

const delivered: Outcome = { kind: 'answered', status: 200, contentType: '', body: '' };

/** The n-th callback: of a key and a host of its own. */
const callback = (n: number): Callback => ({
  taskId: `task ${n}`,
  number: n,
  dialect: 'capsolver',
  address: '192.0.2.1',
  price: 400,
  createdAt: 0,
  endedAt: 0,
  keyId: `key ${n}`,
  url: `http://site-${n}.example/`,
  host: `site-${n}.example`,
  solution: '{}',
  errorCode: null,
  errorDetail: null,
  attempts: 1,
});

type Call = CallbackParts['engines']['web']['call'];

function senderOf(takeCallback: CallbackParts['store']['takeCallback'], call: Call) {
  const ends: unknown[] = [];
  const store = { takeCallback, endCallback: async (end: unknown) => ends.push(end) > 0 };
  const sender = new CallbackSender({
    clock: { now: () => 1_000_000, elapsed: () => 0 },
    machineTime: () => 1_000_000,
    store,
    engines: { web: { call } },
    sites: { parse: (url) => new URL(url) },
    messageOf: () => ({ id: 'a task', type: 'application/json', body: '{}' }),
    pepper: 'pepper',
    log: pino({ level: 'silent' }),
    metrics: { countCallback: () => {} },
    random: () => 0.5,
  });
  return { sender, ends, store };
}

async function othersPass(): Promise<void> {
  for (let turnsLeft = 20; turnsLeft > 0; turnsLeft--) await turn();
}

it('32 callbacks are under way at most, of however many keys and hosts', async () => {
  let taken = 0;
  const hanging = Promise.withResolvers<Outcome>();
  const call = vi.fn(() => hanging.promise);
  const { sender, store } = senderOf(async () => (taken < 50 ? callback(++taken) : undefined), call);
  sender.look();
  await expect.poll(() => call.mock.calls.length).toBe(32);
  await othersPass();
  expect(call).toHaveBeenCalledTimes(32);
  store.takeCallback = async () => undefined;
  hanging.resolve(delivered);
  await sender.stop();
});

it('a result that comes while the outbox is being looked through is found, although the look did not see it', async () => {
  const looks: PromiseWithResolvers<Callback | undefined>[] = [];
  const { sender, ends } = senderOf(
    () => {
      looks.push(Promise.withResolvers());
      return looks.at(-1)!.promise;
    },
    async () => delivered,
  );
  sender.look();
  sender.lookFor('key 1');
  looks[0]!.resolve(undefined);
  await expect.poll(() => looks.length).toBe(2);
  looks[1]!.resolve(callback(1));
  await expect.poll(() => looks.length).toBe(3);
  await expect.poll(() => ends).toEqual([{ taskId: 'task 1', attempts: 1, nextAt: null }]);
  const stopping = sender.stop();
  for (let at = 2; at < 5; at++) {
    looks[at]?.resolve(undefined);
    await othersPass();
  }
  await stopping;
});

it('a key that had all its calls is looked for again as soon as one has ended', async () => {
  const looks: PromiseWithResolvers<Callback | undefined>[] = [];
  const calls: PromiseWithResolvers<Outcome>[] = [];
  const { sender, store } = senderOf(
    async ({ busyKeys }) =>
      busyKeys.length > 0 ? undefined : { ...callback(calls.length), keyId: 'greedy' },
    () => {
      calls.push(Promise.withResolvers());
      return calls.at(-1)!.promise;
    },
  );
  sender.look();
  await expect.poll(() => calls.length).toBe(8);
  await othersPass();
  store.takeCallback = () => {
    looks.push(Promise.withResolvers());
    return looks.at(-1)!.promise;
  };
  calls[0]!.resolve(delivered);
  await expect.poll(() => looks.length).toBe(1);
  sender.lookFor('greedy');
  store.takeCallback = vi.fn(async () => undefined);
  looks[0]!.resolve(undefined);
  await expect.poll(() => vi.mocked(store.takeCallback).mock.calls.length).toBe(1);
  for (const one of calls) one.resolve(delivered);
  await sender.stop();
});

it('one that is delivered although its server has let go of it is not sent again', async () => {
  vi.useFakeTimers();
  try {
    const waiting = [callback(1)];
    const { sender, ends } = senderOf(
      async () => waiting.shift(),
      ({ signal }) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve(delivered))),
    );
    sender.look();
    const stopping = sender.stop();
    await vi.advanceTimersByTimeAsync(2_000);
    await stopping;
    expect(ends).toEqual([{ taskId: 'task 1', attempts: 1, nextAt: null }]);
  } finally {
    vi.useRealTimers();
  }
});
