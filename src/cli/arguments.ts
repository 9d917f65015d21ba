import { InvalidArgumentError, Option } from 'commander';
import { isRange } from '../range.ts';
import { servedTypes } from '../settings/prices.ts';
import { suggestion } from '../settings/suggestion.ts';
import { UserError } from '../userError.ts';
import { formatUsd, greatestUsd, parseUsd } from './money.ts';

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Micro-USD above 0. */
export function positiveUsd(text: string): number {
  const amount = usd(text);
  if (amount === undefined || amount < 0) {
    throw new InvalidArgumentError(
      'It must be US dollars above 0, with at most six decimals, like 10 or 0.25.',
    );
  }
  return amount;
}

/** Micro-USD; below 0 takes money away. */
export function signedUsd(text: string): number {
  const amount = usd(text);
  if (amount === undefined) {
    throw new InvalidArgumentError(
      'It must be US dollars with at most six decimals, like 10, 0.25 or -3.50.',
    );
  }
  return amount;
}

function usd(text: string): number | undefined {
  const amount = parseUsd(text);
  if (amount === undefined && /^-?[1-9]\d*(\.\d{1,6})?$/.test(text))
    throw new InvalidArgumentError(`It is too large: ${formatUsd(greatestUsd)} is the most at once.`);
  return amount;
}

/** A whole number above 0. */
export function whole(text: string): number {
  if (/^[1-9]\d{10,}$/.test(text)) throw new InvalidArgumentError('It is too large: 9999999999 is the most.');
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** A whole number, 0 among them. */
export function wholeOrZero(text: string): number {
  return text === '0' ? 0 : whole(text);
}

const toCome = 'must be a date or time to come (2027-01-31), or a span: 30d, 12h, 15m.';

/** Milliseconds since 1970, told what time it is: the store says so. @throws UserError for a time that is over */
export type Future = (now: number) => number;

/** A date (`2027-01-31`), a time (ISO 8601; UTC where it names no zone) or a span from now (`30d`, `12h`, `15m`). */
export function future(text: string): Future {
  const span = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  const date = parseDate(text);
  if (!span && Number.isNaN(date)) throw new InvalidArgumentError(`It ${toCome}`);
  return (now) => {
    const time = span ? now + Number(span[1]) * unitMs[span[2] as keyof typeof unitMs] : date;
    if (time <= now) throw new UserError(`${text} ${toCome}`);
    return time;
  };
}

/** The option of what ends by itself. */
export function expires(): Option {
  const words = 'a date (2027-01-31: its start in UTC), a time (2027-01-31T18:00Z) or a span (30d, 12h, 15m)';
  return new Option('--expires <when>', words).argParser(future);
}

/** Date.parse takes a time without a zone as local, and makes February 31st the third of March. */
function parseDate(text: string): number {
  const given = /^(\d{4}-\d\d-\d\d)(?:([T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/i.exec(
    text,
  );
  if (!given) return Number.NaN;
  const [, day = '', time = 'T00:00', zone = 'Z'] = given;
  const midnight = new Date(`${day}T00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return Number.NaN;
  return Date.parse(`${day}${time}${zone}`.toUpperCase().replace(' ', 'T'));
}

/** Names parted by commas. */
export function names(text: string): string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (parts.length === 0) throw new InvalidArgumentError('It must name at least one.');
  return parts;
}

/** Task types that are served, parted by commas and in any case, as clients write them. */
export function taskTypes(text: string): string[] {
  return names(text).map((name) => {
    const served = servedTypes.find((type) => type.toLowerCase() === name.toLowerCase());
    if (served !== undefined) return served;
    const hint = suggestion(name, servedTypes) || `; there are ${servedTypes.join(', ')}`;
    throw new InvalidArgumentError(`${name} is not a task type here${hint}`);
  });
}

/** Addresses or CIDR ranges parted by commas. */
export function ranges(text: string): string[] {
  const parts = names(text);
  const wrong = parts.find((part) => !isRange(part));
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is not an address or a CIDR range.`);
  return parts;
}
