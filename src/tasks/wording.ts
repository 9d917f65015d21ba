import { z } from 'zod';
import type { FaultReason } from '../fault.ts';

/** By these two `readFields` tells a field that is not there from one that is wrong: no schema writes them out. */
export const missing = 'is missing';
export const empty = 'is empty';

const kinds: Record<string, string> = {
  string: 'is not a string',
  number: 'is not a number',
  int: 'is not a whole number',
  boolean: 'is neither true nor false',
  object: 'is not an object',
  array: 'is not a list',
  tuple: 'is not a list',
};

/** What is wrong with a field whose schema has no words of its own for it; undefined leaves it to the library. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined || issue.input === null ? missing : kinds[issue.expected];
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int') return `is below ${issue.minimum}`;
      return issue.minimum === 1 ? empty : `has fewer than ${issue.minimum} ${unitOf(issue.origin)}`;
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int') return `is above ${issue.maximum}`;
      return `has more than ${issue.maximum} ${unitOf(issue.origin)}`;
    default:
      return undefined;
  }
}

const unitOf = (origin: string) => (origin === 'string' ? 'characters' : 'items');

/**
 * What a client wrote, read by a schema; else what is wrong with it first: `field: what is wrong`, below `name` where it
 * has one, and whether the field is not there.
 */
export function readFields<T>(
  schema: z.ZodType<T>,
  given: unknown,
  name?: string,
): { data: T } | { problem: string; reason: FaultReason | undefined } {
  const { data, error } = schema.safeParse(given, { error: wording });
  if (error === undefined) return { data: data as T };
  const { path, message } = error.issues[0]!;
  const field = [...(name === undefined ? [] : [name]), ...path].join('.');
  const reason = message === missing || message === empty ? 'fieldMissing' : undefined;
  return { problem: `${field}: ${message}`, reason };
}

/** Makes the function by which a schema refuses one of its fields for what stands in the others too. */
export function fieldRefuser(context: z.core.$RefinementCtx): (field: string, message: string) => never {
  return (field, message) => {
    context.addIssue({ code: 'custom', path: [field], message });
    return z.NEVER;
  };
}
