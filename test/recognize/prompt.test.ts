import { expect, test } from 'vitest';
import { askedMarks } from '../../src/recognize/puzzles/prompt.ts';

const at = (x: number, sureness: number) => ({ x, y: 24, side: 26, sureness });
const placesOf = (marks: { x: number }[]) => askedMarks(marks as ReturnType<typeof at>[]).map(({ x }) => x);

test('marks are asked for from left to right', () => {
  expect(placesOf([at(90, 0.9), at(30, 0.8), at(150, 0.7)])).toEqual([30, 90, 150]);
});

test('a faint mark is one where it fills the gap of an even row', () => {
  expect(placesOf([at(145, 0.76), at(55, 0.71), at(19, 0.54), at(100, 0.17)])).toEqual([19, 55, 100, 145]);
});

test('what stands out of an even row is not asked for, though it looks like a mark', () => {
  expect(placesOf([at(27, 0.82), at(117, 0.77), at(146, 0.22)])).toEqual([27, 117]);
});

test('noise alone asks for nothing', () => {
  expect(placesOf([])).toEqual([]);
  expect(placesOf([at(60, 0.1), at(110, 0.07)])).toEqual([]);
});

test('of an endless row eight at most', () => {
  const row = Array.from({ length: 14 }, (_, i) => at(10 + 12 * i, 0.9));
  expect(askedMarks(row)).toHaveLength(8);
});
