import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neverLess, neverMore, SlidingWindow } from '../../src/flow/slidingWindow.ts';

const minute = 60_000;
/** Times that crowd around the edges of buckets and windows. */
const gaps = fc.array(fc.oneof(fc.constantFrom(0, 1, 4_999, 5_000, 5_001, 59_999, minute), fc.nat(20_000)), {
  maxLength: 400,
});

function most(times: number[]): number {
  return Math.max(
    0,
    ...times.map((end) => times.filter((time) => time > end - minute && time <= end).length),
  );
}

test('13 buckets: whatever the pattern, no window of 60 s holds more than the limit', () => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 60 }), fc.nat(10_000), (steps, limit, first) => {
      const window = new SlidingWindow(neverLess);
      const accepted: number[] = [];
      let now = first;
      for (const step of steps) {
        now += step;
        if (window.count(now) >= limit) continue;
        window.add(now);
        accepted.push(now);
      }
      expect(most(accepted)).toBeLessThanOrEqual(limit);
    }),
  );
});

test('12 buckets: nothing older than 60 s is counted, and all of the last 55 s is', () => {
  fc.assert(
    fc.property(gaps, fc.nat(10_000), (steps, first) => {
      const window = new SlidingWindow(neverMore);
      const times: number[] = [];
      let now = first;
      for (const step of steps) {
        now += step;
        window.add(now);
        times.push(now);
        const counted = window.count(now);
        expect(counted).toBeLessThanOrEqual(times.filter((time) => time > now - minute).length);
        expect(counted).toBeGreaterThanOrEqual(times.filter((time) => time > now - 55_000).length);
      }
    }),
  );
});

test('a limit reached opens again when it says so, and not a millisecond before', () => {
  const window = new SlidingWindow(neverLess);
  for (let i = 0; i < 5; i++) window.add(7_000);
  const wait = window.msUntilFewer(20_000);
  expect(window.count(20_000 + wait - 1)).toBe(5);
  expect(window.count(20_000 + wait)).toBe(0);
});

test('a clock stepped back counts on, or starts anew, and never freezes', () => {
  const window = new SlidingWindow(neverLess);
  for (let i = 0; i < 5; i++) window.add(10_000_000);
  expect(window.count(10_000_000 - 20_000)).toBe(5);
  // By more than the window holds, if only just: what was counted then would stay for as long.
  const further = new SlidingWindow(neverLess);
  further.add(10_000_000);
  expect(further.count(10_000_000 - 60_000)).toBe(1);
  expect(further.count(10_000_000 - 65_000)).toBe(0);
  expect(window.count(10_000_000 - 3_600_000)).toBe(0);
  window.add(10_000_000 - 3_600_000);
  expect(window.count(10_000_000 - 3_600_000)).toBe(1);
});
