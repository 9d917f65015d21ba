import { describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../src/call.ts';
import type { CallbackParts } from '../../src/flow/callbacks.ts';
import { answered, callback, senderOf, settle } from './callbackWorld.ts';

describe('a sender of callbacks', () => {
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
    await settle();
    expect(call).toHaveBeenCalledTimes(16);
    isEmpty = true;
    const stopping = sender.stop();
    hanging.resolve({ kind: 'answered', status: 410, contentType: '', body: '' } as Outcome);
    await stopping;
  });

  it('lets hosts that do not answer have half of the calls of a key, so that its other hosts need not wait for them', async () => {
    const dead = Array.from({ length: 12 }, (_, at) => `dead-${at}`);
    const waiting = dead.flatMap((host) => Array<string>(20).fill(host));
    const store: CallbackParts['store'] = {
      takeCallback: async ({ busyHosts, busyKeys, busyPairs }) => {
        if (busyKeys.includes(callback.keyId)) return undefined;
        const passed = (host: string) =>
          busyHosts.includes(host) || busyPairs.includes(`${callback.keyId} ${host}`);
        const at = waiting.findIndex((host) => !passed(host));
        const [host] = at < 0 ? [] : waiting.splice(at, 1);
        return host === undefined ? undefined : { ...callback, host, url: `http://${host}/` };
      },
      endCallback: async () => true,
    };
    const hanging = new Map<(outcome: Outcome) => void, string>();
    const call: CallbackParts['engines']['web']['call'] = async ({ url }) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      hanging.set(resolve, url.host);
      return promise;
    };
    const { sender } = senderOf({ store, engines: { web: { call } } });
    const end = (outcome: Outcome) => {
      for (const resolve of hanging.keys()) resolve(outcome);
      hanging.clear();
    };
    sender.look();
    for (let rounds = 14; rounds > 0; rounds--) {
      await settle();
      end({ kind: 'unreachable', cause: new Error('took too long') });
    }
    await settle();
    expect(hanging.size).toBe(4);
    waiting.push(...Array<string>(8).fill('alive'));
    sender.look();
    await settle();
    expect([...hanging.values()].filter((host) => host === 'alive')).toHaveLength(4);
    waiting.length = 0;
    const stopping = sender.stop();
    end(answered);
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
    hanging.resolve(answered);
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
    await settle();
    expect(looks).toBe(9);
    sender.lookFor('other');
    await expect.poll(() => looks).toBe(10);
    calls[0]!.resolve(answered);
    await expect.poll(() => calls.length).toBe(9);
    store.takeCallback = async () => undefined;
    const stopping = sender.stop();
    for (const one of calls) one.resolve(answered);
    await stopping;
  });

  it('calls a host again that did not answer, however many calls to others its key has under way', async () => {
    const waiting = ['flaky'];
    const hanging = new Map<string, (outcome: Outcome) => void>();
    const store: CallbackParts['store'] = {
      takeCallback: async ({ busyPairs }) => {
        const at = waiting.findIndex((host) => !busyPairs.includes(`${callback.keyId} ${host}`));
        const [host] = at < 0 ? [] : waiting.splice(at, 1);
        return host === undefined ? undefined : { ...callback, host, url: `http://${host}/` };
      },
      endCallback: async () => true,
    };
    const call: CallbackParts['engines']['web']['call'] = async ({ url }) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      hanging.set(url.host, resolve);
      return promise;
    };
    const { sender } = senderOf({ store, engines: { web: { call } } });
    sender.look();
    await settle();
    hanging.get('flaky')!({ kind: 'unreachable', cause: new Error('took too long') });
    hanging.clear();
    waiting.push('a', 'b', 'c', 'd', 'e', 'f', 'flaky');
    await settle();
    sender.look();
    await settle();
    expect([...hanging.keys()]).toContain('flaky');
    const stopping = sender.stop();
    for (const resolve of hanging.values()) resolve(answered);
    await stopping;
  });
});
