import { languages } from '../../errors.ts';
import { keptHours } from '../../flow/idempotency.ts';
import { longestWaitSeconds, requestNamePattern } from '../asks.ts';

const header = (name: string, description: string, schema: object = { type: 'string' }) => ({
  name,
  in: 'header',
  description,
  schema,
});

/** Headers of requests, by their names in the document. */
export const parameters = {
  AcceptLanguage: header('Accept-Language', `Of errorDescription: ${languages.join(', ')}.`),
  RequestId: header(
    'X-Request-Id',
    'Comes back in the answer, and stands in the log: up to 64 letters, digits and `.:_-`.',
  ),
  IdempotencyKey: header(
    'Idempotency-Key',
    `For ${keptHours} hours the same key and the same task are one task, one charge and one answer; another task is ` +
      '`ERROR_BAD_REQUEST`.',
    { type: 'string', minLength: 1, maxLength: 255, pattern: requestNamePattern },
  ),
  Prefer: header(
    'Prefer',
    `\`wait=30\`: answer when the task ends, or after so many seconds, at most ${longestWaitSeconds}.`,
  ),
  LegibleTest: header(
    'X-Legible-Test',
    'With a test key: `ok`, `async`, `slow-MS`, `err-CODE` or `fail-CODE` stage that outcome, for nothing.',
  ),
};

export type ParameterName = keyof typeof parameters;

/** Headers of answers, by their own names; which of them an answer has depends on the call and its course. */
export const answerHeaders = {
  'X-Request-Id': { description: "The client's, or else a new one.", schema: { type: 'string' } },
  'Retry-After': {
    description: 'Seconds, where trying later helps.',
    schema: { type: 'integer', minimum: 1 },
  },
  RateLimit: {
    description: 'Requests left, and seconds until there is room for one more: `"key";r=5999;t=60`.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'Requests in any 60 seconds: `"key";q=6000;w=60`.',
    schema: { type: 'string' },
  },
  'X-Legible-Cost': { description: 'USD that the task was charged.', schema: { type: 'number', minimum: 0 } },
  'Server-Timing': { description: 'Milliseconds that the steps took.', schema: { type: 'string' } },
  'Preference-Applied': { description: 'Where `Prefer` was heeded.', schema: { type: 'string' } },
};

export type HeaderName = keyof typeof answerHeaders;
