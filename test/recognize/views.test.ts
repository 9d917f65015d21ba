import { expect, test } from 'vitest';
import type { Bitmap } from '../../src/recognize/bmp.ts';
import { firstView, furtherViews } from '../../src/recognize/views.ts';

const shape = { height: 48, tall: 64, highest: 96, step: 8 };

type Ink = readonly [number, number, number];
const black: Ink = [0, 0, 0];

/** Bars on white, of each of `inks` in turn, `width` × `height`. */
function bars(width: number, height: number, ...inks: Ink[]) {
  const rgb = new Uint8Array(width * height * 3).fill(255);
  for (let i = 0; i < width * height; i++)
    if ((i % width) % 10 < 5) rgb.set(inks[Math.floor((i % width) / 10) % inks.length]!, i * 3);
  return { width, height, rgb };
}

const stages = (picture: Bitmap) => [...furtherViews(picture, shape)];
const lastViews = (picture: Bitmap) => stages(picture)[1] ?? [];
const sizes = (views: readonly { width: number; height: number }[]) =>
  views.map(({ width, height }) => `${width} × ${height}`);

test('a look is 48 or 64 rows high and a multiple of 8 columns wide', () => {
  const picture = bars(150, 50, black);
  for (const { width, height, rgb } of [firstView(picture, shape), ...stages(picture)[0]!]) {
    expect([48, 64]).toContain(height);
    expect(width % 8).toBe(0);
    expect(rgb).toHaveLength(width * height * 3);
  }
});

test.each<[string, Ink[]]>([
  [
    'in greys',
    [
      [20, 20, 20],
      [120, 120, 120],
    ],
  ],
  ['of one ink', [[200, 40, 40]]],
])('a picture %s that is three times as wide as high has no last looks', (_, inks) => {
  expect(lastViews(bars(150, 50, ...inks))).toEqual([]);
});

test('a picture in colours is looked at by each of its channels, stretched from black to white', () => {
  const views = lastViews(bars(150, 50, [200, 40, 40], [40, 40, 200]));
  expect(sizes(views)).toEqual(['192 × 64', '192 × 64', '192 × 64']);
  for (const { rgb } of views) {
    const pixel = rgb.slice(0, 3);
    expect(new Set(pixel).size).toBe(1);
    expect(Math.min(...rgb)).toBeLessThan(20);
    expect(Math.max(...rgb)).toBe(255);
  }
});

test('a picture at most 2.5 times as wide as high is looked at from 96 rows', () => {
  expect(sizes(lastViews(bars(120, 60, black)))).toEqual(['192 × 96']);
  expect(sizes(lastViews(bars(20, 60, black)))).toEqual(['48 × 96']);
});

test('at the very end a picture of at least 60 rows is looked at without its thin strokes', () => {
  const fine = (width: number, height: number) => {
    const rgb = new Uint8Array(width * height * 3).fill(255);
    for (let i = 0; i < width * height; i++)
      if ((i % width) % 20 < 5 || ((i % width) % 20) >> 1 === 6) rgb.fill(0, i * 3, i * 3 + 3);
    return { width, height, rgb };
  };
  const views = stages(fine(300, 90)).at(-1)!;
  expect(sizes(views)).toEqual(['160 × 48', '216 × 64']);
  // Bars of five pixels stay, lines of two are gone: a quarter of the picture is dark then, not a third.
  for (const { rgb } of views) {
    const dark = rgb.filter((value) => value < 128).length / rgb.length;
    expect(dark).toBeGreaterThan(0.22);
    expect(dark).toBeLessThan(0.28);
  }
  expect(stages(fine(300, 59))).toHaveLength(1);
});
