import { describe, expect, it } from 'vitest';
import { future, names, ranges, whole } from '../../src/cli/arguments.ts';

const now = Date.UTC(2026, 10, 24);

describe('a time to come', () => {
  it('is a span, a date or a moment', () => {
    expect(future('15m', undefined, now)).toBe(now + 15 * 60_000);
    expect(future('12h', undefined, now)).toBe(now + 12 * 3_600_000);
    expect(future('30d', undefined, now)).toBe(now + 30 * 86_400_000);
    expect(future('2027-01-31', undefined, now)).toBe(Date.UTC(2027, 0, 31));
    expect(future('2027-01-31T12:00:00Z', undefined, now)).toBe(Date.UTC(2027, 0, 31, 12));
  });

  it.each(['', '0d', '30', '30s', '-1d', 'tomorrow', '2026-11-23', '2027-13-01', '99'])('is not %j', (text) =>
    expect(() => future(text, undefined, now)).toThrow('date or time to come'),
  );
});

describe('lists', () => {
  it('are parted by commas, with or without spaces', () => {
    expect(names('a, b,,c')).toEqual(['a', 'b', 'c']);
    expect(ranges('10.0.0.0/8, ::1')).toEqual(['10.0.0.0/8', '::1']);
  });

  it('refuse nothing at all, and what is no range', () => {
    expect(() => names(' , ')).toThrow('at least one');
    for (const wrong of ['10.0.0.0/33', '10.0.0', '::1/129', '1.2.3.4/', '1.2.3.4/8/8', 'host'])
      expect(() => ranges(wrong), wrong).toThrow(`${wrong} is not an address`);
  });
});

describe('a whole number', () => {
  it('is above 0', () => {
    expect(whole('7')).toBe(7);
    for (const wrong of ['0', '-1', '1.5', '1e3', '', '07'])
      expect(() => whole(wrong), wrong).toThrow('whole');
  });
});
