import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SteadyClock } from '../../src/clock.ts';
import type { Log } from '../../src/log.ts';
import { startTimekeeper } from '../../src/timekeeper.ts';
import { FakeClock } from '../world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function keep(
  sharedTime: (machine: FakeClock) => Promise<number | undefined>,
  isAnyStanding = async (_clock: SteadyClock, _which: { results: boolean }) => true,
) {
  const machine = new FakeClock();
  const clock = new SteadyClock(machine);
  const warnings: object[] = [];
  const log = { warn: (said: object) => void warnings.push(said) } as unknown as Log;
  const store = {
    sharedTime: () => sharedTime(machine),
    isAnyStanding: (_now: number, which: { results: boolean }) => isAnyStanding(clock, which),
  };
  const keeper = await startTimekeeper(clock, machine, store, log);
  return {
    ...{ machine, clock, warnings, ...keeper },
    async seconds(count: number) {
      for (; count > 0; count--) {
        machine.advance(1_000);
        await vi.advanceTimersByTimeAsync(1_000);
      }
    },
  };
}

it('with a database of its own, a server follows the machine, and says once that it has jumped', async () => {
  const { machine, clock, warnings, seconds, stop } = await keep(async () => undefined);
  await seconds(5);
  expect(warnings).toEqual([]);
  machine.setBack(10_000);
  await seconds(50);
  expect(warnings).toEqual([{ behindMs: -10_000 }]);
  expect(clock.now() - machine.now()).toBe(5_000);
  await seconds(60);
  expect(clock.now()).toBe(machine.now());
  await stop();
});

it('while no task is under way or has a result to be asked for, it follows at once', async () => {
  const { machine, clock, warnings, seconds, stop } = await keep(
    async () => undefined,
    async () => false,
  );
  machine.setBack(-8 * 3_600_000);
  await seconds(1);
  expect(clock.now()).toBe(machine.now());
  await seconds(5);
  expect(warnings).toHaveLength(1);
  await stop();
});

it('where there always are results to be asked for, it waits for them for ten minutes', async () => {
  const { machine, clock, seconds, stop } = await keep(
    async () => undefined,
    async (_clock, { results }) => results,
  );
  machine.setBack(-8 * 3_600_000);
  await seconds(600);
  expect(machine.now() - clock.now()).toBeGreaterThan(7 * 3_600_000);
  await seconds(2);
  expect(clock.now()).toBe(machine.now());
  await stop();
});

it('but not while a request that begins has asked the time of before', async () => {
  let isAsked = true;
  const { machine, clock, seconds, stop } = await keep(
    async () => undefined,
    async (asked) => {
      if (isAsked) asked.now();
      return false;
    },
  );
  machine.setBack(-3_600_000);
  await seconds(3);
  expect(machine.now() - clock.now()).toBeGreaterThan(3_590_000);
  isAsked = false;
  await seconds(1);
  expect(clock.now()).toBe(machine.now());
  await stop();
});

it('of those that share one, each goes by its time, whatever its machine says', async () => {
  const ahead = await keep(async (machine) => machine.now() + 130_000);
  const late = await keep(async (machine) => machine.now() - 130_000);
  for (const { machine, clock, seconds, stop, warnings } of [ahead, late]) {
    await seconds(10);
    expect(Math.abs(clock.now() - machine.now())).toBe(130_000);
    expect(warnings).toEqual([]);
    await stop();
  }
});

it('an answer that was long on its way, or none, changes nothing', async () => {
  let answer = async (machine: FakeClock): Promise<number | undefined> => machine.now();
  const { machine, clock, seconds, stop } = await keep((machine) => answer(machine));
  answer = async (machine) => {
    const read = machine.now() + 60_000;
    machine.advance(501);
    return read;
  };
  await seconds(5);
  answer = () => Promise.reject(new Error('away'));
  await seconds(5);
  expect(clock.now()).toBe(machine.now());
  await stop();
});
