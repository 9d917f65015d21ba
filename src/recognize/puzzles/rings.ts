import type { Pixels } from './pixels.ts';
import { sample } from './sample.ts';

/** One for each degree. */
export const STEPS = 360;

export interface Centre {
  x: number;
  y: number;
}

/** Colours along circles: row by row (circle, and colour in it) a value for each degree, clockwise from the right. */
export interface Rings {
  rows: number;
  values: Float32Array;
}

/** Samples circles of a picture; beyond the picture its edge goes on. */
export function unroll(picture: Pixels, centre: Centre, radii: readonly number[]): Rings {
  const rows = radii.length * 3;
  const values = new Float32Array(rows * STEPS);
  for (const [k, radius] of radii.entries()) {
    for (let i = 0; i < STEPS; i++) {
      const angle = (i * 2 * Math.PI) / STEPS;
      const x = centre.x - 0.5 + radius * Math.cos(angle);
      const y = centre.y - 0.5 + radius * Math.sin(angle);
      sample(picture, x, y, values, k * 3 * STEPS + i, STEPS);
    }
  }
  return { rows, values };
}

/** The same with each row's mean taken off. */
export function centred({ rows, values }: Rings): Rings {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const own = values.subarray(row * STEPS, (row + 1) * STEPS);
    const mean = own.reduce((sum, value) => sum + value, 0) / STEPS;
    for (let i = 0; i < STEPS; i++) out[row * STEPS + i] = own[i]! - mean;
  }
  return { rows, values: out };
}

/** Sum of products, one with the other as they lie. */
export function product(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** For each turn t the sum of products of a, taken t degrees further on, with b. */
export function turnedProducts(a: Rings, b: Rings): Float64Array {
  const sums = new Float64Array(STEPS);
  const twice = new Float32Array(2 * STEPS);
  for (let row = 0; row < a.rows; row++) {
    const own = a.values.subarray(row * STEPS, (row + 1) * STEPS);
    const other = b.values.subarray(row * STEPS, (row + 1) * STEPS);
    twice.set(own);
    twice.set(own, STEPS);
    for (let t = 0; t < STEPS; t++) {
      let sum = 0;
      for (let i = 0; i < STEPS; i++) sum += twice[i + t]! * other[i]!;
      sums[t]! += sum;
    }
  }
  return sums;
}
