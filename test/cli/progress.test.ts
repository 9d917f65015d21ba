import { afterEach, expect, test, vi } from 'vitest';
import { progressOf } from '../../src/cli/progress.ts';

afterEach(() => vi.unstubAllEnvs());

/** What a terminal is sent for the first of ten images. */
function sent({ TERM = 'xterm', isTTY = true, columns = 80 }): string {
  vi.stubEnv('TERM', TERM);
  const written: string[] = [];
  const progress = progressOf(10, 'images', { isTTY, columns, write: (text) => written.push(`${text}`) > 0 });
  progress.advance();
  progress.clear();
  return written.join('');
}

test('a bar that is drawn over itself, and wiped out', () => {
  expect(sent({})).toBe('\r[##..................] 1/10 images\r\x1b[K');
});

test('where the cursor cannot go back there is no bar', () => {
  expect(sent({ TERM: 'dumb' })).toBe('');
  expect(sent({ isTTY: false })).toBe('');
});

test('a narrow terminal gets as much of it as fits: what wraps could not be wiped out', () => {
  expect(sent({ columns: 25 })).toBe('\r[##..................] 1\r\x1b[K');
  // A terminal that has not said how wide it is.
  expect(sent({ columns: 0 })).toContain('1/10 images');
});
