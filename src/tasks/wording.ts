import type { z } from 'zod';

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
      return issue.input === undefined ? 'is missing' : kinds[issue.expected];
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int') return `is below ${issue.minimum}`;
      return issue.minimum === 1 ? 'is empty' : `has fewer than ${issue.minimum} ${unitOf(issue.origin)}`;
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int') return `is above ${issue.maximum}`;
      return `has more than ${issue.maximum} ${unitOf(issue.origin)}`;
    default:
      return undefined;
  }
}

const unitOf = (origin: string) => (origin === 'string' ? 'characters' : 'items');
