import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Log } from '../../src/log.ts';
import { startBookkeeper } from '../../src/running/bookkeeper.ts';
import type { Bookkeeping } from '../../src/store/admin.ts';
import { FakeClock } from '../world.ts';

const minute = 60_000;
const hour = 60 * minute;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function keep(outcome: () => Partial<Bookkeeping>) {
  let asked = 0;
  const logged: [string, string][] = [];
  const write = (level: string) => (_: object, text: string) => void logged.push([level, text]);
  const log = { info: write('info'), error: write('error') } as unknown as Log;
  const store = {
    makeCheckpoints: async () => {
      asked++;
      return { made: 0, violations: [], isBusy: false, ...outcome() };
    },
  };
  return { ...startBookkeeper(store, new FakeClock(), log), logged, asked: () => asked };
}

it('checkpoints are made a minute after the start and then every hour, until it is stopped', async () => {
  const { stop, asked, logged } = keep(() => ({ made: asked() === 1 ? 2 : 0 }));
  await vi.advanceTimersByTimeAsync(minute - 1);
  expect(asked()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked()).toBe(1);
  await vi.advanceTimersByTimeAsync(3 * hour);
  expect(asked()).toBe(4);
  await stop();
  await vi.advanceTimersByTimeAsync(3 * hour);
  expect(asked()).toBe(4);
  expect(logged).toEqual([['info', 'checkpoints of the ledger were made']]);
});

it.each([
  ['books that are wrong', { violations: [{ invariant: 'I1', detail: 'x' }] }, 'the ledger breaks its rules'],
  ['a store that is away', new Error('away'), 'a checkpoint of the ledger could not be made'],
])('%s are told to the log, and looked at again', async (_, outcome, text) => {
  const { stop, asked, logged } = keep(() => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  await vi.advanceTimersByTimeAsync(minute + hour);
  expect(asked()).toBe(2);
  expect(logged).toEqual(Array(2).fill(['error', expect.stringContaining(text)]));
  await stop();
});

it('a ledger that somebody held is asked again after a minute', async () => {
  const { stop, asked, logged } = keep(() => ({ isBusy: asked() <= 2 }));
  await vi.advanceTimersByTimeAsync(3 * minute);
  expect(asked()).toBe(3);
  await vi.advanceTimersByTimeAsync(hour - 1);
  expect(asked()).toBe(3);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked()).toBe(4);
  expect(logged).toEqual([]);
  await stop();
});
