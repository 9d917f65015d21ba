import { isIP } from 'node:net';
import { z } from 'zod';
import { isRange, rangeOf } from '../range.ts';
import { type DialectName, dialectNames } from './dialects.ts';
import { milliseconds, mostSeconds } from './milliseconds.ts';
import { standardPrices } from './prices.ts';
import { suggestion } from './suggestion.ts';

// The values that settings can have, as JSON or as the text of a variable.

// Number('') and Number(true) are numbers in JavaScript; in a configuration they are mistakes.
const number = fromText(
  (text) => (text.trim() === '' ? Number.NaN : Number(text)),
  z.number({ error: 'is not a number' }),
);
const whole = number.pipe(
  z
    .number()
    .refine(Number.isInteger, { error: 'is not a whole number', abort: true })
    .refine(Number.isSafeInteger, { error: 'is out of range', abort: true }),
);
const count = whole.refine((value) => value >= 0, 'is below 0');
// An empty address makes Node listen on every one, an empty folder is the one that the command was started in.
export const filled = z.string().trim().min(1, { error: 'is empty', abort: true });
/** Of a name nothing is told but its letters: whether it leads anywhere, the start finds. */
export const host = filled.refine(
  (text) => isIP(text) > 0 || /^[\p{L}\d._-]+$/u.test(text),
  'is neither an address nor a name; the port has a setting of its own',
);
export const positive = whole.refine((value) => value >= 1, 'is below 1');
export const port = count.refine((value) => value <= 65_535, 'is above 65535');
export const seconds = number
  .refine((value) => value > 0 && value <= mostSeconds, 'is not above 0 and below a year')
  // What databases keep are whole milliseconds; 2.01 times 1,000 is none.
  .refine((value) => milliseconds(value) / 1_000 === value, 'is finer than a thousandth');
/** Beyond 24.8 days a timer of Node's ends at once. */
export const shortSeconds = seconds.refine((value) => value <= 86_400, 'is above a day');
export const flag = z.union([z.boolean(), z.stringbool()], { error: 'is neither true nor false' });
const list = fromText(
  (text) =>
    splitAtCommas(text)
      .map((part) => part.trim())
      .filter(Boolean),
  z.array(z.string(), { error: 'is not a list' }),
);
export const ranges = list.refine(
  (parts) => parts.every(isRange),
  'holds something that is not an address or CIDR range',
);
/** Whoever is believed by everybody can give himself any address. */
export const proxies = ranges.refine(
  (parts) => !parts.some((part) => rangeOf(part)?.bits === 0),
  'holds a range of everybody, who could then call from any address that they name',
);
export const origins = list.refine(
  (parts) => parts.every((part) => part === '*' || (URL.canParse(part) && new URL(part).origin === part)),
  'holds something that is neither * nor an origin like https://example.org',
);
export const ports = fromText(splitAtCommas, z.array(port).min(1, 'is empty'));
export const dialectPorts = fromText(
  parseJson,
  named(dialectNames, port, { what: 'an object of dialect: port', unknown: 'is no dialect' }),
).transform((given): Partial<Record<DialectName, number>> => given);
export const secondsLadder = fromText(splitAtCommas, z.array(seconds).min(1, 'is empty'));
/** $1,000,000 for one task: what is above is a typing error. */
const highestPrice = 1_000_000_000_000;
export const prices = fromText(
  parseJson,
  named(
    Object.keys(standardPrices),
    count.refine((price) => price <= highestPrice, `is above ${highestPrice}`),
    { what: 'an object of type/module: micro-USD', unknown: 'is not served here' },
  ),
)
  // What is not named keeps its price: a module without one would be refused at every call.
  .transform((given): Record<string, number> => ({ ...standardPrices, ...given }));

/** A setting of `kind` that may also be given as text. */
function fromText<Kind extends z.ZodType>(read: (text: string) => unknown, kind: Kind) {
  return z.preprocess((value) => (typeof value === 'string' ? read(value) : value), kind);
}

function splitAtCommas(text: string): string[] {
  return text.split(',');
}

/** An object of some of these names; what it says of another name is `unknown`, with the nearest. */
function named<Value extends z.ZodType>(
  known: readonly string[],
  value: Value,
  says: { what: string; unknown: string },
) {
  const other = z.custom<never>(() => false, {
    error: ({ path }) => `${says.unknown}${suggestion(String(path?.at(-1)), known)}`,
  });
  const fields = Object.fromEntries(known.map((name) => [name, value.optional()]));
  return z
    .object(fields, { error: `is not ${says.what}` })
    .catchall(other)
    .transform((given) => given as Record<string, z.output<Value>>);
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    // Editors on Windows put a mark before it.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
