import { expect, test } from 'vitest';
import { combinations, pickCombination } from '../../src/recognize/frames.ts';

const frame = (...rgb: number[]) => ({ width: rgb.length / 3, height: 1, rgb: Uint8Array.from(rgb) });

test('one frame stands for itself', () => {
  const only = frame(1, 2, 3);
  expect(combinations([only])).toEqual([only]);
});

test('several frames are combined pixel by pixel: median, darkest, lightest, and the last', () => {
  const frames = [frame(9, 1, 5), frame(200, 3, 5), frame(10, 2, 90)];
  const rgb = combinations(frames).map((picture) => [...picture.rgb]);
  expect(rgb).toEqual([
    [10, 2, 5],
    [9, 1, 5],
    [200, 3, 90],
    [10, 2, 90],
  ]);
});

test('of very many frames the first and the last count among others', () => {
  const frames = Array.from({ length: 200 }, (_, i) => frame(i === 0 ? 1 : i === 199 ? 255 : 100, i, 0));
  const [median, darkest, lightest] = combinations(frames).map(({ rgb }) => [...rgb]);
  expect(darkest).toEqual([1, 0, 0]);
  expect(lightest).toEqual([255, 199, 0]);
  expect(median![0]).toBe(100);
  expect(Math.abs(median![1]! - 100)).toBeLessThan(10);
});

test('very many frames are chosen from evenly: of a picture that grows lighter the median is its middle', () => {
  const frames = Array.from({ length: 29 }, (_, i) => frame(i, 2 * i, 100 - i));
  expect([...combinations(frames)[0]!.rgb]).toEqual([14, 28, 86]);
});

test('what one of very many frames shows is in the darkest or the lightest', () => {
  const frames = Array.from({ length: 24 }, (_, i) => frame(i === 5 ? 3 : 100, i === 17 ? 240 : 100, 100));
  const [median, darkest, lightest] = combinations(frames).map(({ rgb }) => [...rgb]);
  expect([median, darkest, lightest]).toEqual([
    [100, 100, 100],
    [3, 100, 100],
    [100, 240, 100],
  ]);
});

test.each([
  ['the surest', [[1, 2, 3], 0.5], [[1, 2, 4], 0.9], 1],
  ['nothing read is never the surest', [[], 1], [[1], 0.2], 1],
  ['a longer text with the same characters, if nearly as sure', [[1, 3], 0.9], [[1, 2, 3], 0.7], 1],
  ['not if much less sure', [[1, 3], 0.9], [[1, 2, 3], 0.3], 0],
  ['not if a longer text lacks one of them', [[1, 3], 0.9], [[1, 2, 4], 0.8], 0],
] as const)('which combination shows the whole text: %s', (_, a, b, expected) => {
  const reads = [a, b].map(([text, probability]) => ({
    text: [...text] as number[],
    probability: Number(probability),
  }));
  expect(pickCombination(reads)).toBe(expected);
});

test.each([
  ['the longest of several that are nearly as sure', [1, 2, 3, 4], 0.8, [1, 2, 3], 0.7],
  ['none that is much less sure than the surest, if not than another', [1, 2, 3], 0.6, [1, 2, 3, 4], 0.5],
])('of longer texts: %s', (_, first, sureness, second, less) => {
  const reads = [
    { text: [1, 2], probability: 0.9 },
    { text: first, probability: sureness },
    { text: second, probability: less },
  ];
  expect(pickCombination(reads)).toBe(1);
});
