import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { retryAfterOf, wireFault } from '../../src/http/wireFault.ts';
import { StoreError } from '../../src/store/engine.ts';
import { isOutage } from '../../src/store/postgres/connection.ts';

test('a connection that a client cuts off is its mistake, one that the database cuts off is not', () => {
  const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect(wireFault(reset)?.code).toBe('ERROR_BAD_REQUEST');
  expect(wireFault(new StoreError('ECONNRESET', 'read ECONNRESET', { isAway: true }))).toBeUndefined();
});

test('a database whose name cannot be looked up yet is away', () => {
  for (const code of ['EAI_AGAIN', 'ENOTFOUND', 'ECONNREFUSED']) expect(isOutage({ code })).toBe(true);
  expect(isOutage({ code: '42P01' })).toBe(false);
});

test('whoever comes back after the seconds that they are told is not too early', () => {
  const seconds = [1, 999, 1_000, 1_001, 599_500].map((retryAfterMs) =>
    retryAfterOf(new Fault('ERROR_RATE_LIMIT', { retryAfterMs })),
  );
  expect(seconds).toEqual([1, 1, 1, 2, 600]);
  expect(retryAfterOf(new Fault('ERROR_BAD_REQUEST', { retryAfterMs: 5_000 }))).toBe(0);
});
