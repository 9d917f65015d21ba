import { expect, it } from 'vitest';
import { SteadyClock } from '../src/clock.ts';
import { FakeClock } from './world.ts';

const hour = 3_600_000;

/** A second on the machine's clock, and then the look that is taken each second. */
function tick(machine: FakeClock, clock: SteadyClock): number {
  machine.advance(1_000);
  return clock.steer(machine.now());
}

it('a time that runs as the machine’s does is the machine’s', () => {
  const machine = new FakeClock();
  const clock = new SteadyClock(machine);
  for (let second = 0; second < 10; second++) expect(tick(machine, clock)).toBe(0);
  expect(clock.now()).toBe(machine.now());
  machine.advance(0.6);
  expect(Number.isInteger(clock.now())).toBe(true);
});

it.each([
  ['forward', -hour],
  ['back', hour],
])('set %s by an hour, a minute lasts a tenth more or less, until that is made good', (_, by) => {
  const machine = new FakeClock();
  const clock = new SteadyClock(machine);
  machine.setBack(by);
  const before = clock.now();
  expect(tick(machine, clock)).toBe(-by);
  for (let second = 1; second < 60; second++) tick(machine, clock);
  expect(clock.now() - before).toBe(60_000 - Math.sign(by) * 6_000);
  for (let second = 60; second < 36_000; second++) tick(machine, clock);
  expect(clock.now()).toBe(machine.now());
});

it('after half an hour without a word of where it should be it moves by no more than a second at once', () => {
  const machine = new FakeClock();
  const clock = new SteadyClock(machine);
  machine.advance(1_800_000);
  const before = clock.now();
  clock.steer(machine.now() + hour);
  expect(clock.now() - before).toBe(1_000);
});

it('before anything is under way it is set at once', () => {
  const machine = new FakeClock();
  const clock = new SteadyClock(machine);
  clock.set(machine.now() + hour);
  expect(clock.now()).toBe(machine.now() + hour);
});
