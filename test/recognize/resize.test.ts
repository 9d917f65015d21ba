import { expect, test } from 'vitest';
import { columnsAt, resize, targetWidth } from '../../src/recognize/resize.ts';

const shape = { height: 48, tall: 64, highest: 96, step: 8 };

/** 7 × 5 grey values without any order. */
const picture = {
  width: 7,
  height: 5,
  rgb: Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return ((pixel % 7) * 37 + Math.floor(pixel / 7) * 59) % 256;
  }),
};

// What cv2.resize 5.0 makes of it: INTER_AREA where the height shrinks, INTER_CUBIC where it grows.
const expected: [string, number, number, number[][]][] = [
  [
    'smaller',
    3,
    2,
    [
      [74, 144, 148],
      [157, 110, 128],
    ],
  ],
  [
    'lower, but wider',
    9,
    3,
    [
      [24, 50, 76, 103, 134, 166, 192, 190, 143],
      [106, 133, 159, 185, 217, 73, 70, 82, 72],
      [212, 129, 111, 123, 67, 99, 125, 152, 178],
    ],
  ],
  [
    'larger',
    12,
    8,
    [
      [0, 5, 29, 51, 75, 93, 118, 136, 158, 183, 221, 246],
      [17, 31, 55, 77, 101, 117, 150, 181, 220, 224, 169, 123],
      [61, 75, 99, 121, 145, 165, 185, 195, 237, 230, 100, 0],
      [94, 108, 132, 151, 182, 239, 195, 80, 68, 100, 71, 45],
      [134, 154, 186, 218, 225, 209, 121, 17, 0, 43, 84, 111],
      [167, 186, 217, 255, 236, 97, 20, 56, 79, 102, 127, 141],
      [226, 174, 109, 127, 136, 70, 53, 98, 127, 147, 171, 185],
      [255, 152, 6, 0, 44, 78, 111, 128, 151, 173, 197, 211],
    ],
  ],
];

test.each(expected)('%s: as OpenCV resizes, to one level of grey', (_, width, height, rows) => {
  const { rgb } = resize(picture, width, height);
  const grey = rgb.filter((_, i) => i % 3 === 0);
  expect(rgb.length).toBe(width * height * 3);
  for (const [i, value] of rows.flat().entries()) expect(Math.abs(grey[i]! - value)).toBeLessThanOrEqual(1);
});

test('where OpenCV rounds an edge away, so is it here: row 9 of 18 out of 22', () => {
  const rgb = Uint8Array.from({ length: 22 * 2 * 3 }, (_, i) => {
    const row = Math.floor(i / 6);
    return (row * 97 + 13 * row * row) % 256;
  });
  const column = resize({ width: 2, height: 22, rgb }, 3, 18).rgb.filter((_, i) => i % 9 === 0);
  expect([...column.subarray(8, 11)]).toEqual([206, 222, 187]);
});

test.each([
  [150, 50, 1, 144],
  [130, 48, 1, 136],
  [130, 48, 1.3, 176],
  [80, 48, 1, 128],
  [100, 100, 1, 80],
  [10, 100, 1, 48],
  [8000, 100, 1, 480],
])('%i × %i, stretched by %f, becomes %i columns', (width, height, stretch, columns) => {
  expect(targetWidth(width, height, shape, stretch)).toBe(columns);
});

test.each([
  [144, 192],
  [136, 184],
  [480, 640],
])('%i columns are %i from nearer', (columns, nearer) => {
  expect(columnsAt(shape.tall, columns, shape)).toBe(nearer);
});
