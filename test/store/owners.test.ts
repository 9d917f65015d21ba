import { expect, it } from 'vitest';
import type { Call } from '../../src/store/operations.ts';
import { owners } from '../../src/store/postgres/owners.ts';
import { hold, noon, settled } from './engines.ts';

it('the accounts of new tasks are known, however many were reserved here and ended elsewhere', () => {
  const { ownerOf, learn } = owners();
  const reserve = (taskId: string) => learn({ name: 'reserve', args: [hold({ taskId }), 'node'] }, 'held');
  for (let at = 0; at < 250_000; at++) reserve(`ended-elsewhere-${at}`);
  reserve('new');
  expect(ownerOf({ name: 'settle', args: [settled('new')] })).toBe('alice');
  learn({ name: 'settle', args: [settled('new')] }, true);
  expect(ownerOf({ name: 'settle', args: [settled('new')] })).toBe('task new');
});

it('that of a task which another process reserved is known once it has been taken up here', () => {
  const { ownerOf, learn } = owners();
  const take: Call = { name: 'take', args: ['node', { now: noon, busyAccounts: [] }] };
  const settle: Call = { name: 'settle', args: [settled('theirs', { lease: 2 })] };
  learn(take, undefined);
  expect(ownerOf(settle)).toBe('task theirs');
  learn(take, { taskId: 'theirs', accountId: 'bob', lease: 2 });
  expect(ownerOf(settle)).toBe('bob');
});
