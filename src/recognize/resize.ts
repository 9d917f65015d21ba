import type { Bitmap } from './bmp.ts';

const NARROWEST = 48;
const WIDEST = 480;

/** What the net takes: rows, and the multiple that its width must be. */
export interface InputShape {
  height: number;
  step: number;
}

/** Columns after resizing to the net's height in proportion, times `stretch`; as training/picture.py does it. */
export function targetWidth(width: number, height: number, shape: InputShape, stretch = 1): number {
  const columns = Math.min(
    Math.max(Math.round((shape.height * width * stretch) / height), NARROWEST),
    WIDEST,
  );
  return Math.ceil(columns / shape.step) * shape.step;
}

/**
 * Resizes to `width` × `height` by OpenCV's rules, which the net was trained with: the mean of what a pixel
 * covers where the picture shrinks, bicubic where it grows.
 */
export function resize(image: Bitmap, width: number, height: number): Bitmap {
  const byArea = image.height > height;
  const [across, down] = [axis(image.width, width), axis(image.height, height)];
  const shrinksBothWays = across.scale >= 1 && down.scale >= 1;
  const taps = byArea ? (shrinksBothWays ? areaTaps : areaLinearTaps) : cubicTaps;
  const columns = taps(across);
  const rows = taps(down);

  // Across first: row by row the source is read once, in order.
  const narrow = new Float32Array(image.height * width * 3);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const { start, weights } = columns[x]!;
      const to = (y * width + x) * 3;
      for (let k = 0; k < weights.length; k++) {
        const from = (y * image.width + clamp(start + k, image.width)) * 3;
        const weight = weights[k]!;
        narrow[to]! += image.rgb[from]! * weight;
        narrow[to + 1]! += image.rgb[from + 1]! * weight;
        narrow[to + 2]! += image.rgb[from + 2]! * weight;
      }
    }
  }
  const rgb = new Uint8Array(width * height * 3);
  const rowLength = width * 3;
  const sum = new Float32Array(rowLength);
  for (let y = 0; y < height; y++) {
    const { start, weights } = rows[y]!;
    sum.fill(0.5); // rounds
    for (let k = 0; k < weights.length; k++) {
      const from = clamp(start + k, image.height) * rowLength;
      const weight = weights[k]!;
      for (let i = 0; i < rowLength; i++) sum[i]! += narrow[from + i]! * weight;
    }
    for (let i = 0; i < rowLength; i++) rgb[y * rowLength + i] = Math.min(Math.max(sum[i]!, 0), 255);
  }
  return { width, height, rgb };
}

interface Axis {
  from: number;
  to: number;
  scale: number;
}

/** The source pixels that make one target pixel; those outside repeat the edge. */
interface Taps {
  start: number;
  weights: number[];
}

const axis = (from: number, to: number): Axis => ({ from, to, scale: from / to });
const clamp = (at: number, length: number) => (at < 0 ? 0 : at >= length ? length - 1 : at);

function areaTaps({ from, to, scale }: Axis): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const begin = i * scale;
    const end = Math.min(begin + scale, from);
    const start = Math.floor(begin + 1e-6);
    const last = Math.ceil(end - 1e-6);
    const weights: number[] = [];
    for (let at = start; at < last; at++) weights.push((Math.min(at + 1, end) - Math.max(at, begin)) / scale);
    return { start, weights };
  });
}

/** OpenCV's INTER_AREA where one side grows: linear, aligned at the pixels' edges. */
function areaLinearTaps({ to, scale }: Axis): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const start = Math.floor(i * scale);
    const over = i + 1 - (start + 1) / scale;
    const fraction = over <= 0 ? 0 : over - Math.floor(over);
    return { start, weights: [1 - fraction, fraction] };
  });
}

/** OpenCV's INTER_CUBIC: the cubic kernel with a = -0.75. */
function cubicTaps({ to, scale }: Axis): Taps[] {
  const a = -0.75;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const left = Math.floor(centre);
    const x = centre - left;
    const outer = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
    const inner = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
    return { start: left - 1, weights: [outer(x + 1), inner(x), inner(1 - x), outer(2 - x)] };
  });
}
