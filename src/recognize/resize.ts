import type { Bitmap } from './bmp.ts';

const NARROWEST = 48;
const WIDEST = 480;
const COMFORTABLE = 128;
const WIDENED = 1.6;

/** What the net takes: rows at a first look, at closer ones and at the closest, and the multiple that its width must be. */
export interface InputShape {
  height: number;
  tall: number;
  highest: number;
  step: number;
}

/**
 * Columns after resizing to the net's height in proportion, times `stretch`; as training/picture.py does it.
 * Narrow pictures are stretched first: crowded letters need steps of their own.
 */
export function targetWidth(width: number, height: number, shape: InputShape, stretch = 1): number {
  const proportional = (shape.height * width) / height;
  const wanted = Math.max(proportional, Math.min(COMFORTABLE, proportional * WIDENED)) * stretch;
  const columns = Math.min(Math.max(Math.round(wanted), NARROWEST), WIDEST);
  return Math.ceil(columns / shape.step) * shape.step;
}

/** Columns at `rows` of what has `columns` at a first look's. */
export function columnsAt(rows: number, columns: number, { height, step }: InputShape): number {
  return Math.round((columns * rows) / height / step) * step;
}

/**
 * Resizes to `width` × `height` by OpenCV's rules, which the net was trained with: the mean of what a pixel
 * covers where the picture shrinks, bicubic where it grows.
 */
export function resize(image: Bitmap, width: number, height: number): Bitmap {
  const shrinksBothWays = image.width >= width && image.height >= height;
  const taps = image.height <= height ? cubicTaps : shrinksBothWays ? areaTaps : areaLinearTaps;
  const narrow = weighRows(image, width, taps(image.width, width));
  return { width, height, rgb: weighColumns(narrow, width * 3, height, taps(image.height, height)) };
}

/**
 * Which source pixels make a target pixel, and how much each counts: `size` of both for every target pixel,
 * one after the other. Plain typed arrays keep the loops over them four times as fast as arrays of objects. An even
 * number, the last perhaps of no weight: two at a time, each sum is read and written half as often.
 */
interface Taps {
  size: number;
  source: Int32Array;
  weight: Float32Array;
}

function weighRows(
  { width: from, height, rgb }: Bitmap,
  to: number,
  { size, source, weight }: Taps,
): Float32Array {
  const out = new Float32Array(height * to * 3);
  // Tap by tap over all rows: what a tap reads and how much it counts is looked up once, not for each row.
  for (let x = 0; x < to; x++) {
    for (let tap = x * size; tap < (x + 1) * size; tap += 2) {
      const [share, next] = [weight[tap]!, weight[tap + 1]!];
      if (share === 0 && next === 0) continue;
      let at = source[tap]! * 3;
      let beside = source[tap + 1]! * 3;
      for (let target = x * 3; target < out.length; target += to * 3, at += from * 3, beside += from * 3) {
        out[target]! += rgb[at]! * share + rgb[beside]! * next;
        out[target + 1]! += rgb[at + 1]! * share + rgb[beside + 1]! * next;
        out[target + 2]! += rgb[at + 2]! * share + rgb[beside + 2]! * next;
      }
    }
  }
  return out;
}

function weighColumns(
  rows: Float32Array,
  length: number,
  to: number,
  { size, source, weight }: Taps,
): Uint8Array {
  const out = new Uint8ClampedArray(to * length); // rounds and clamps
  const sum = new Float32Array(length);
  for (let y = 0; y < to; y++) {
    sum.fill(0);
    for (let tap = y * size; tap < (y + 1) * size; tap += 2) {
      const [share, next] = [weight[tap]!, weight[tap + 1]!];
      if (share === 0 && next === 0) continue;
      const at = source[tap]! * length;
      const below = source[tap + 1]! * length;
      for (let i = 0; i < length; i++) sum[i]! += rows[at + i]! * share + rows[below + i]! * next;
    }
    out.set(sum, y * length);
  }
  return new Uint8Array(out.buffer);
}

/** Taps from a first source pixel and weights for each target pixel; beyond the picture its edge repeats. */
function toTaps(from: number, to: number, most: number, tapsOf: (i: number) => [number, number[]]): Taps {
  const size = 2 * Math.ceil(most / 2);
  const source = new Int32Array(to * size);
  const weight = new Float32Array(to * size);
  for (let i = 0; i < to; i++) {
    const [first, weights] = tapsOf(i);
    for (let k = 0; k < size; k++) {
      source[i * size + k] = Math.min(Math.max(first + k, 0), from - 1);
      weight[i * size + k] = weights[k] ?? 0;
    }
  }
  return { size, source, weight };
}

/**
 * Where `from` pixels become `to`, no more of them: the first source pixel that the target pixel `i` covers, and of this
 * and the next ones how much of the target pixel each is.
 */
export function covered(from: number, to: number, i: number): [first: number, shares: number[]] {
  const scale = from / to;
  const begin = i * scale;
  const end = Math.min((i + 1) * scale, from);
  const first = Math.floor(begin + 1e-6);
  const shares: number[] = [];
  for (let at = first; at < end - 1e-6; at++) {
    shares.push((Math.min(at + 1, end) - Math.max(at, begin)) / scale);
  }
  return [first, shares];
}

/** OpenCV's INTER_AREA. */
function areaTaps(from: number, to: number): Taps {
  return toTaps(from, to, Math.ceil(from / to) + 1, (i) => covered(from, to, i));
}

/** OpenCV's INTER_AREA where one side grows: linear, aligned at the pixels' edges; rounded where it rounds. */
function areaLinearTaps(from: number, to: number): Taps {
  const inverse = to / from;
  const scale = 1 / inverse;
  return toTaps(from, to, 2, (i) => {
    const first = Math.floor(i * scale);
    const over = Math.fround(i + 1 - (first + 1) * inverse);
    const fraction = over <= 0 ? 0 : over - Math.floor(over);
    return [first, [1 - fraction, fraction]];
  });
}

/** OpenCV's INTER_CUBIC: the cubic kernel with a = -0.75. */
function cubicTaps(from: number, to: number): Taps {
  const a = -0.75;
  const scale = from / to;
  const outer = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const inner = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  return toTaps(from, to, 4, (i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const left = Math.floor(centre);
    const x = centre - left;
    return [left - 1, [outer(x + 1), inner(x), inner(1 - x), outer(2 - x)]];
  });
}
