import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SteadyClock } from '../../src/clock.ts';
import type { Log } from '../../src/log.ts';
import { startTimekeeper } from '../../src/running/timekeeper.ts';
import { FakeClock } from '../world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Which {
  results: boolean;
  ofOthers: boolean;
}

async function keep(
  sharedTime: (machine: FakeClock) => Promise<number | undefined>,
  isAnyStanding = async (_clock: SteadyClock, _which: Which) => true,
) {
  const machine = new FakeClock();
  const clock = new SteadyClock(machine);
  const warnings: object[] = [];
  const log = { warn: (said: object) => void warnings.push(said) } as unknown as Log;
  const store = {
    sharedTime: () => sharedTime(machine),
    isAnyStanding: (_now: number, which: Which) => isAnyStanding(clock, which),
  };
  const keeper = await startTimekeeper(clock, machine, store, log);
  return {
    ...{ machine, clock, warnings, keeper },
    stop: () => keeper.stop(),
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

/** Answers of a database whose time is `ahead` of the machine's, each so many milliseconds on its way there and back. */
function answersOf(ahead: number, ...ways: [there: number, back: number][]) {
  return async (machine: FakeClock) => {
    const [there, back] = ways.length > 1 ? ways.shift()! : ways[0]!;
    machine.advance(there);
    const read = machine.now() + ahead;
    machine.advance(back);
    return read;
  };
}

it('a first answer that waited for its connection does not begin with the time of the machine', async () => {
  const { machine, clock, warnings, stop } = await keep(
    answersOf(-600_000, [1_500, 200], [300, 300], [40, 60]),
  );
  expect(clock.now() - machine.now()).toBeGreaterThanOrEqual(-600_050);
  expect(clock.now() - machine.now()).toBeLessThanOrEqual(-599_950);
  expect(warnings).toEqual([]);
  await stop();
});

it('where every answer is long on its way, the shortest tells the time, and the log how well', async () => {
  const { machine, clock, warnings, stop } = await keep(
    answersOf(600_000, [1_500, 200], [700, 0], [500, 500], [0, 2_000], [900, 0]),
  );
  expect(Math.abs(clock.now() - machine.now() - 600_000)).toBeLessThanOrEqual(350);
  expect(warnings).toEqual([{ withinMs: 350 }]);
  await stop();
});

it('answers that are all long on their way bring the time to where it may be', async () => {
  let answer = answersOf(0, [300, 300]);
  const { machine, clock, warnings, seconds, stop } = await keep((machine) => answer(machine));
  answer = answersOf(10_000, [600, 0]);
  await seconds(100);
  expect(Math.abs(clock.now() - machine.now() - 10_000)).toBeLessThanOrEqual(300);
  expect(warnings).toEqual([{ withinMs: 300 }, { behindMs: 10_000 }]);
  await stop();
});

it('an answer that differs by no more than its way explains, or none, changes nothing', async () => {
  let answer = async (machine: FakeClock): Promise<number | undefined> => machine.now();
  const { machine, clock, seconds, stop } = await keep((machine) => answer(machine));
  answer = async (machine) => {
    const read = machine.now() + 60_000;
    machine.advance(60_000);
    return read;
  };
  await seconds(5);
  answer = () => Promise.reject(new Error('away'));
  await seconds(5);
  expect(clock.now()).toBe(machine.now());
  await stop();
});

it('tells by how much it is off, until it has followed', async () => {
  let isStanding = true;
  const { machine, keeper, seconds, stop } = await keep(
    async () => undefined,
    async () => isStanding,
  );
  expect(keeper.behindMs).toBe(0);
  machine.setBack(-120_000);
  await seconds(1);
  expect(keeper.behindMs).toBe(120_000);
  isStanding = false;
  await seconds(1);
  expect(keeper.behindMs).toBe(0);
  await stop();
});

it('a machine that has slept goes by the database again though others have tasks under way', async () => {
  const { machine, clock, seconds, stop } = await keep(
    async (asked) => asked.now() + 5_000,
    async (_clock, { ofOthers }) => ofOthers,
  );
  await seconds(3);
  // Its time went on, and what lasts stood.
  machine.setBack(-3_600_000);
  await seconds(1);
  expect(clock.now() - machine.now()).toBe(5_000);
  await stop();
});

it('where the database’s time jumps, a server without tasks does not go ahead of those that have some', async () => {
  let ahead = 5_000;
  const { machine, clock, seconds, stop } = await keep(
    async (asked) => asked.now() + ahead,
    async (_clock, { ofOthers }) => ofOthers,
  );
  await seconds(3);
  ahead += 600_000;
  await seconds(20);
  expect(clock.now() - machine.now()).toBeLessThan(10_000);
  await stop();
});
