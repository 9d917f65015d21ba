import { describe, expect, test } from 'vitest';
import type { Bitmap } from '../../src/recognize/bmp.ts';
import { withoutThinStrokes } from '../../src/recognize/thinStrokes.ts';

type Colour = readonly [number, number, number];
const white: Colour = [255, 255, 255];
const black: Colour = [0, 0, 0];
const red: Colour = [200, 30, 30];

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
  ink: Colour;
}

function drawn(width: number, height: number, paper: Colour, boxes: readonly Box[]): Bitmap {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < rgb.length; i += 3) rgb.set(paper, i);
  for (const box of boxes)
    for (let y = box.top; y < box.top + box.height; y++)
      for (let x = box.left; x < box.left + box.width; x++) rgb.set(box.ink, (y * width + x) * 3);
  return { width, height, rgb };
}

const at = ({ width, rgb }: Bitmap, x: number, y: number) => [...rgb.slice((y * width + x) * 3).slice(0, 3)];

/** 250 rows: a disc is nearly 7 pixels across. */
const line = (ink: Colour): Box => ({ left: 0, top: 40, width: 400, height: 4, ink });
const stroke = (ink: Colour): Box => ({ left: 100, top: 100, width: 12, height: 90, ink });

describe('without thin strokes', () => {
  test.each<[string, Colour, Colour]>([
    ['dark on light', white, black],
    ['light on dark', black, white],
    ['coloured on light', white, red],
  ])('a line falls away and a broad stroke stays: %s', (_, paper, ink) => {
    const bare = withoutThinStrokes(drawn(400, 250, paper, [line(ink), stroke(ink)]))!;
    expect(at(bare, 200, 41)).toEqual([...paper]);
    expect(at(bare, 105, 145)).toEqual([...ink]);
    // Its sides stand where they stood.
    expect(at(bare, 99, 145)).toEqual([...paper]);
    expect(at(bare, 100, 145)).toEqual([...ink]);
    expect(at(bare, 111, 145)).toEqual([...ink]);
    expect(at(bare, 112, 145)).toEqual([...paper]);
  });

  test('a stroke at the edge stays', () => {
    const bare = withoutThinStrokes(drawn(400, 250, white, [{ ...stroke(black), left: 0, top: 0 }]))!;
    expect(at(bare, 0, 0)).toEqual([...black]);
    expect(at(bare, 11, 50)).toEqual([...black]);
  });

  test('from 60 rows on single pixels are thin', () => {
    const speck = { left: 30, top: 30, width: 1, height: 1, ink: black };
    expect(at(withoutThinStrokes(drawn(120, 60, white, [speck]))!, 30, 30)).toEqual([...white]);
    expect(withoutThinStrokes(drawn(120, 59, white, [speck]))).toBeUndefined();
  });

  test.each([
    [4000, 1000, 1024, 256],
    [300, 2000, 38, 256],
    [6000, 60, 1024, 10],
  ])('%i × %i pixels are reduced to %i × %i', (width, height, columns, rows) => {
    const bare = withoutThinStrokes(drawn(width, height, white, []))!;
    expect([bare.width, bare.height]).toEqual([columns, rows]);
    expect(bare.rgb.every((value) => value === 255)).toBe(true);
  });
});
