import { z } from 'zod';
import { missing } from './wording.ts';

const unless = (problem: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined || input === null ? missing : problem),
});
const notNumber = unless('is not a number');
const notBoolean = unless('is neither true nor false');

/** No word for on or off is longer: megabytes would be put into lower case before they were refused. */
const textSwitch = z.string().max(8).pipe(z.stringbool());
const bit = z.literal([0, 1]).transform(Boolean);
/** A switch as JSON, forms and `str(True)` write it. */
const anySwitch = z.union([z.boolean(), textSwitch, bit], notBoolean);

/** Whether a switch is on; false for what is none. Most are not set, and a schema that fails makes an error each time. */
export function isOn(value: unknown): boolean {
  if (typeof value !== 'string') return value === true || value === 1;
  const read = textSwitch.safeParse(value);
  return read.success && read.data;
}

/** Schemas of numbers and switches; unless `strict`, they may be given as texts, and switches as 0 and 1. */
export function scalars({ strict }: { strict: boolean }): {
  number: z.ZodType<number>;
  boolean: z.ZodType<boolean>;
} {
  if (strict) return { number: z.number(notNumber), boolean: z.boolean(notBoolean) };
  const numeric = z.string().trim().min(1).transform(Number);
  return { number: z.union([z.number(), numeric], notNumber), boolean: anySwitch };
}
