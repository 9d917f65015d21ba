import { expect, test } from 'vitest';
import { lowerCase } from '../src/lowerCase.ts';

test('names are compared in lower case; what is longer than any stays as it is, since that would take too long', () => {
  expect(lowerCase('ImageToTextTask')).toBe('imagetotexttask');
  const long = 'İ'.repeat(65);
  expect(lowerCase(long)).toBe(long);
});
