import { expect, test } from 'vitest';
import { insidePairs, likeness } from '../../src/recognize/puzzles/likeness.ts';

const side = 24;
const picture = (grey: (x: number) => number) => ({
  width: side,
  height: side,
  rgb: Uint8Array.from({ length: side * side * 3 }, (_, i) => grey(Math.floor(i / 3) % side)),
  alpha: undefined,
});
const stripes = (dark: number, bright: number) => picture((x) => (x % 4 < 2 ? dark : bright));
const piece = { ...stripes(90, 150), left: 0, top: 0, mask: new Uint8Array(side * side).fill(1) };
const alike = (background: ReturnType<typeof picture>) =>
  likeness(insidePairs(piece), background, { x: 0, y: 0 });

test('a piece is like its own texture, however faint that shows through', () => {
  expect(alike(stripes(90, 150))).toBeGreaterThan(0.95);
  expect(alike(stripes(40, 70))).toBeGreaterThan(0.9);
});

test('the noise of a plain place is no texture', () => {
  expect(alike(stripes(100, 101))).toBeLessThan(0.2);
  expect(alike(stripes(100, 100))).toBe(0);
});
