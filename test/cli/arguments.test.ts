import { describe, expect, it, vi } from 'vitest';
import { future, names, ranges, whole } from '../../src/cli/arguments.ts';
import { legible, legibleUnread } from './legible.ts';

const now = Date.UTC(2026, 10, 24);

describe('a time to come', () => {
  it('is a span, a date or a moment', () => {
    expect(future('15m')(now)).toBe(now + 15 * 60_000);
    expect(future('12h')(now)).toBe(now + 12 * 3_600_000);
    expect(future('30d')(now)).toBe(now + 30 * 86_400_000);
    expect(future('2027-01-31')(now)).toBe(Date.UTC(2027, 0, 31));
    expect(future('2027-01-31T12:00:00Z')(now)).toBe(Date.UTC(2027, 0, 31, 12));
    expect(future('2027-01-31T12:00+02:00')(now)).toBe(Date.UTC(2027, 0, 31, 10));
    expect(future('2028-02-29')(now)).toBe(Date.UTC(2028, 1, 29));
  });

  it('is of UTC where it names no zone, as everything is that is printed', () => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(new Date(now).getTimezoneOffset()).toBe(300);
    for (const text of [
      '2027-01-31T12:30',
      '2027-01-31T12:30:00',
      '2027-01-31 12:30',
      '2027-01-31 12:30:00Z',
    ])
      expect(future(text)(now), text).toBe(Date.UTC(2027, 0, 31, 12, 30));
    vi.unstubAllEnvs();
  });

  it.each([
    ...['', '0d', '30', '30s', '-1d', 'tomorrow', '2026-11-23', '2027-13-01', '99'],
    ...['2027-02-31', '2027-02-29', '2027-02-31T12:00Z', '2027-01-31T25:00', '2027-01-32'],
    ...['2027-01-31Z', '2027-01-31 at noon', '2027-01-311', '2027-01-31T12:00 UTC', '2027-01-31T12'],
  ])('is not %j', (text) => expect(() => future(text)(now)).toThrow('date or time to come'));
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

  it('has ten digits at most, and is told so', () => {
    expect(whole('9999999999')).toBe(9_999_999_999);
    expect(() => whole('10000000000')).toThrow('9999999999 is the most');
  });
});

it('help on a command that there is not says so', async () => {
  expect(await legible(['help', 'acount'], {})).toEqual({
    status: 1,
    out: '',
    err: 'error: there is no command acount; did you mean account?\n',
  });
});

it('a reader that stops reading ends no command with an error', async () => {
  expect(await legibleUnread(['solve', '--help'])).toEqual({ status: 0, err: '' });
});
