import { expect, test } from 'vitest';
import { cutOut } from '../../src/recognize/puzzles/mark.ts';
import { unroll } from '../../src/recognize/puzzles/rings.ts';

const pixels = [10, 20, 30, 110, 120, 130, 210, 220, 230];

test.each([
  [1, 1],
  [3, 1],
  [1, 3],
])('a picture of %i × %i pixels goes on as its edge', (width, height) => {
  const picture = {
    width,
    height,
    rgb: Uint8Array.from(pixels.slice(0, width * height * 3)),
    alpha: undefined,
  };
  const cut = new Float32Array(2 * 2 * 3);
  const mark = { x: -100, y: -100, side: 4, sureness: 1 };
  cutOut(picture, mark, { width: 2, height: 2, margin: 1, turn: 0 }, cut);
  expect([...cut]).toEqual([0, 1, 2, 3].flatMap(() => pixels.slice(0, 3)));
  const { values } = unroll(picture, { x: 0, y: 0 }, [0, 1_000]);
  expect(values[0]).toBe(10);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...values)).toBeLessThanOrEqual(230);
});
