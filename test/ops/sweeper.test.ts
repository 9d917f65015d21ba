import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Log } from '../../src/log.ts';
import { startSweeper } from '../../src/running/sweeper.ts';
import type { SweepOutcome } from '../../src/store/records.ts';
import { FakeClock } from '../world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function keepSweeping(outcome: (sweeps: number) => Partial<SweepOutcome>) {
  let sweeps = 0;
  const logged: unknown[] = [];
  const write = (level: string) => (fields: object) => void logged.push([level, fields]);
  const log = { warn: write('warn'), error: write('error') } as unknown as Log;
  const sweep = async () => ({ timedOut: 0, forgotten: 0, ...outcome(++sweeps) });
  return { sweeper: startSweeper({ sweep }, new FakeClock(), log), logged, sweeps: () => sweeps };
}

it('a sweep is made every second', async () => {
  const { sweeper, sweeps } = keepSweeping(() => ({}));
  await vi.advanceTimersByTimeAsync(5_999);
  expect(sweeps()).toBe(5);
  await sweeper.stop();
});

it('the next is made at once while more is left', async () => {
  const { sweeper, sweeps, logged } = keepSweeping((sweep) =>
    sweep < 5 ? { timedOut: 10, more: true } : {},
  );
  await vi.advanceTimersByTimeAsync(1_100);
  expect(sweeps()).toBe(5);
  expect(sweeper.timedOut).toBe(40);
  expect(logged).toEqual(Array(4).fill(['warn', { timedOut: 10, forgotten: 0 }]));
  await vi.advanceTimersByTimeAsync(850);
  expect(sweeps()).toBe(5);
  await vi.advanceTimersByTimeAsync(100);
  expect(sweeps()).toBe(6);
  await sweeper.stop();
});

it('none is made at once after one that failed', async () => {
  const { sweeper, sweeps } = keepSweeping(() => {
    throw new Error('away');
  });
  await vi.advanceTimersByTimeAsync(2_500);
  expect(sweeps()).toBe(2);
  await sweeper.stop();
});

it('a stop waits for the sweep under way alone, however much is left', async () => {
  const { sweeper, sweeps } = keepSweeping(() => ({ more: true }));
  await vi.advanceTimersByTimeAsync(1_001);
  const before = sweeps();
  await sweeper.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sweeps()).toBe(before);
});
