import { type Circle, clearRadius } from './circle.ts';
import type { Pixels } from './pixels.ts';
import { STEPS, unroll } from './rings.ts';

/** Pixels, of the outer picture. */
const APART = 2;
const WIDEST_SEAM = 8;

/**
 * For each turn how well the picture goes on from a disc, `scale` times as large, to what is around a hole: 0 as at
 * any turn, 1 perfectly.
 */
export function acrossSeam(
  inner: Pixels,
  disc: Circle,
  outer: Pixels,
  hole: Circle,
  scale: number,
): number[] {
  const innerEdge = clearRadius(inner, disc, disc.radius + 1, -1);
  const outerEdge = clearRadius(outer, hole, hole.radius - 1, 1);
  const seam = Math.min(Math.max(outerEdge - innerEdge * scale, 1), WIDEST_SEAM);
  const edge = towardsSeam(unroll(inner, disc, [innerEdge, innerEdge - APART / scale]).values, seam);
  const around = towardsSeam(unroll(outer, hole, [outerEdge, outerEdge + APART]).values, seam);
  return continuity(asBrightAs(around, edge), around);
}

/** The colours of the first of two circles, led on to the middle of the seam by how they change from the second. */
function towardsSeam(values: Float32Array, seam: number): Float32Array {
  const half = values.length / 2;
  const share = seam / 2 / APART;
  return Float32Array.from({ length: half }, (_, i) => values[i]! + share * (values[i]! - values[i + half]!));
}

/** A circle with each colour's mean and deviation as another's: one of the two may have been dimmed. */
function asBrightAs(model: Float32Array, circle: Float32Array): Float32Array {
  const out = new Float32Array(circle.length);
  for (let from = 0; from < circle.length; from += STEPS) {
    const own = spread(circle.subarray(from, from + STEPS));
    const goal = spread(model.subarray(from, from + STEPS));
    const gain = (goal.deviation + 1) / (own.deviation + 1);
    for (let i = from; i < from + STEPS; i++) out[i] = (circle[i]! - own.mean) * gain + goal.mean;
  }
  return out;
}

function spread(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square) };
}

/** A difference of colours is no worse than this: one wrong place must not outweigh many right ones. */
const FAR = 40;

function continuity(edge: Float32Array, around: Float32Array): number[] {
  const apart = Array.from({ length: STEPS }, (_, turn) => {
    let sum = 0;
    for (let i = 0; i < STEPS; i++) {
      const j = (i + turn) % STEPS;
      const red = Math.abs(edge[j]! - around[i]!);
      const green = Math.abs(edge[j + STEPS]! - around[i + STEPS]!);
      const blue = Math.abs(edge[j + 2 * STEPS]! - around[i + 2 * STEPS]!);
      sum += Math.min(Math.max(red, green, blue), FAR);
    }
    return sum / STEPS;
  });
  const usual = apart.reduce((sum, value) => sum + value, 0) / STEPS;
  return apart.map((value) => 1 - value / (usual + 1));
}
