import { clearRadius, discOf, holeRadius } from './circle.ts';
import type { Pixels } from './pixels.ts';
import { centred, product, type Rings, STEPS, turnedProducts, unroll } from './rings.ts';

/** How far a disc is turned. */
export interface Turn {
  /** Degrees clockwise, 0 to 360: turned back by as much, the disc is right. */
  angle: number;
  /** Probability, 0 to 1, that it is right among all angles. */
  confidence: number;
}

/** Shares of the radius at which the disc is compared with what lies under it. */
const INSIDE = [0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92];

/**
 * How far a disc is turned against the picture around it; undefined when there is no disc, or nothing around.
 * Where the picture has its middle still, that says it; where there is a hole, the colours along the seam do.
 */
export function findTurn(inner: Pixels, outer: Pixels): Turn | undefined {
  const disc = discOf(inner);
  const centre = { x: outer.width / 2, y: outer.height / 2 };
  const hole = holeRadius(outer, centre) ?? disc.radius;
  if (disc.radius < 8 || hole < 8 || hole + 4 > Math.max(outer.width, outer.height) / 2) return undefined;

  const at = (radius: number) => INSIDE.map((share) => share * radius);
  const same = likeness(unroll(inner, disc, at(disc.radius)), unroll(outer, centre, at(hole)));

  const scale = hole / disc.radius;
  const innerEdge = clearRadius(inner, disc, disc.radius + 1, -1);
  const outerEdge = clearRadius(outer, centre, hole - 1, 1);
  const seam = Math.min(Math.max(outerEdge - innerEdge * scale, 1), WIDEST_SEAM);
  const goesOn = continuity(
    towardsSeam(unroll(inner, disc, [innerEdge, innerEdge - APART / scale]), seam),
    towardsSeam(unroll(outer, centre, [outerEdge, outerEdge + APART]), seam),
  );
  return bestTurn(same.map((value, turn) => WHOLE * Math.max(0, value) ** 2 + goesOn[turn]!));
}

/** Pixels, of the outer picture. */
const APART = 2;
const WIDEST_SEAM = 8;
/** A middle that is there still says more than a seam. */
const WHOLE = 3;
/** Variance of a pixel below which the outer picture counts as plain. */
const PLAIN = 16;

/** For each turn how alike disc and outer picture are, brightness and contrast aside: -1 to 1. */
function likeness(disc: Rings, below: Rings): number[] {
  const a = centred(disc);
  const b = centred(below);
  const energy = (product(a.values, a.values) + 1) * (product(b.values, b.values) + PLAIN * b.values.length);
  return Array.from(turnedProducts(a, b), (sum) => sum / Math.sqrt(energy));
}

/** The colours of the first of two circles, led on to the middle of the seam by how they change from the second. */
function towardsSeam({ values }: Rings, seam: number): Float32Array {
  const half = values.length / 2;
  const share = seam / 2 / APART;
  return Float32Array.from({ length: half }, (_, i) => values[i]! + share * (values[i]! - values[i + half]!));
}

/** A difference of colours is no worse than this: one wrong place must not outweigh many right ones. */
const FAR = 40;

/** For each turn how well the disc's edge goes on outside: 0 as at any turn, 1 perfectly. */
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

const SHARPNESS = 16;
/** Turns as near as this are the same answer. */
const NEAR = 4;

/** The turn with the highest score, between degrees by a parabola. */
function bestTurn(scores: readonly number[]): Turn {
  const best = scores.indexOf(Math.max(...scores));
  const at = (turn: number) => scores[(turn + STEPS) % STEPS]!;
  const bend = at(best - 1) - 2 * at(best) + at(best + 1);
  const shift = bend < 0 ? (at(best - 1) - at(best + 1)) / (2 * bend) : 0;
  const belief = scores.reduce((sum, score, turn) => {
    const far = Math.abs(turn - best);
    const isNear = Math.min(far, STEPS - far) <= NEAR;
    return isNear ? sum : sum + Math.exp(SHARPNESS * (score - at(best))) / (2 * NEAR + 1);
  }, 1);
  return { angle: (best + shift + STEPS) % STEPS, confidence: 1 / belief };
}
