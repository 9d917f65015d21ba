import { expect, test } from 'vitest';
import { charset } from '../../src/tasks/charset.ts';

test.each([
  ['0-9', '0123456789'],
  ['a-fX-Z', 'abcdefXYZ'],
  ['0-9-', '0123456789-'],
  ['0-1', '01'],
  ['ab-d-Z', 'abcd-Z'],
  ['a-z-A', 'abcdefghijklmnopqrstuvwxyz-A'],
  ['0-9+-*/=', '0123456789+-*/='],
])('%s is %s', (given, meant) => {
  expect(charset.parse(given)).toBe(meant);
});

test.each(['+-*', 'abc-def', '-', '2-'])('%s is no range', (given) => {
  expect(charset.parse(given)).toBe(given);
});

test.each(['9-0', 'z-a', 'abcF-B'])('%s runs backwards, and is refused', (given) => {
  expect(() => charset.parse(given)).toThrow('holds a range that runs backwards');
});

test.each(['A-z', '0-F', 'a-Z0-9'])(
  '%s runs from one kind of characters to another, and is refused',
  (given) => {
    expect(() => charset.parse(given)).toThrow('from one kind of characters to another');
  },
);
