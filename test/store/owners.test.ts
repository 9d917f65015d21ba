import { expect, it } from 'vitest';
import { owners } from '../../src/store/postgres/owners.ts';
import { hold, settled } from './engines.ts';

it('the accounts of new tasks are known, however many were reserved here and ended elsewhere', () => {
  const { ownerOf, learn } = owners();
  const reserve = (taskId: string) => learn({ name: 'reserve', args: [hold({ taskId }), 'node'] }, 'held');
  for (let at = 0; at < 250_000; at++) reserve(`ended-elsewhere-${at}`);
  reserve('new');
  expect(ownerOf({ name: 'settle', args: [settled('new')] })).toBe('alice');
  learn({ name: 'settle', args: [settled('new')] }, true);
  expect(ownerOf({ name: 'settle', args: [settled('new')] })).toBe('task new');
});
