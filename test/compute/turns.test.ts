import { expect, test } from 'vitest';
import { Turns } from '../../src/compute/turns.ts';

const proof = (account: string) => ({ account });
const anything = () => true;

test('a newcomer has nothing to catch up on, however long another has had the threads', () => {
  const turns = new Turns<{ account: string }>();
  const [a, b] = [proof('a'), proof('b')];
  turns.add(a);
  turns.charge(a, 10_000);
  turns.add(b);
  turns.charge(b, 25);
  expect(turns.next(anything)).toBe(a);
});

test('an account that has gone comes back as a newcomer', () => {
  const turns = new Turns<{ account: string }>();
  const [a, b, again] = [proof('a'), proof('b'), proof('a')];
  turns.add(a);
  turns.add(b);
  turns.charge(a, 10_000);
  expect(turns.remove(a)).toBe(true);
  turns.charge(b, 25);
  turns.add(again);
  turns.charge(b, 1);
  expect(turns.next(anything)).toBe(again);
});
