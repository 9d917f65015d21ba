import type { Pixels } from './pixels.ts';
import { type Centre, centred, product, unroll } from './rings.ts';

export interface Circle extends Centre {
  radius: number;
}

/** The disc in its picture: what is opaque, or else the largest circle in the middle. */
export function discOf({ width, height, alpha }: Pixels): Circle {
  let [left, top, right, bottom] = [0, 0, width - 1, height - 1];
  if (alpha) {
    [left, top, right, bottom] = [width, height, -1, -1];
    for (let at = 0; at < alpha.length; at++) {
      if (alpha[at]! <= HALF_OPAQUE) continue;
      const x = at % width;
      left = Math.min(left, x);
      right = Math.max(right, x);
      bottom = (at - x) / width;
      top = Math.min(top, bottom);
    }
  }
  const radius = Math.min(right - left + 1, bottom - top + 1) / 2;
  return { x: (left + right + 1) / 2, y: (top + bottom + 1) / 2, radius };
}

/** What is less opaque than half is the hole, or beside the disc. */
const HALF_OPAQUE = 128;
/** Less than this, on either side, is no hole and no ring. */
const LEAST = 4;

/** Radius of a transparent hole around a place; undefined where it is opaque there. */
export function holeRadius({ width, height, alpha }: Pixels, { x, y }: Centre): number | undefined {
  if (!alpha) return undefined;
  const most = Math.min(width, height) / 2;
  const radii = Array.from({ length: 72 }, (_, i) => {
    const angle = (i * Math.PI) / 36;
    let radius = 0;
    while (radius < most) {
      const at = Math.floor(y + radius * Math.sin(angle)) * width + Math.floor(x + radius * Math.cos(angle));
      if (alpha[at]! > HALF_OPAQUE) break;
      radius++;
    }
    return radius;
  }).sort((a, b) => a - b);
  const median = radii[radii.length >> 1]!;
  return median > LEAST && median < most - LEAST ? median : undefined;
}

/** How far to look for the end of a seam, in half pixels, and how far circles lie apart that must be alike. */
const SEAM = 20;
const APART = 4;
/** Share of the usual variance, and of the usual likeness, that a circle must have; fitted on drawn puzzles. */
const CLEAR = 0.6;
const ALIKE = 0.9;

/**
 * Radius of the first circle, from `radius` outwards (`sign` 1) or inwards (-1), that shows the picture and not a
 * seam: there all is one colour, or half of it, or the steps of a badly cut edge.
 */
export function clearRadius(picture: Pixels, centre: Centre, radius: number, sign: 1 | -1): number {
  const circles = Array.from({ length: SEAM + APART + 1 }, (_, i) =>
    centred(unroll(picture, centre, [radius + (sign * i) / 2])),
  );
  const spread = circles.map(({ values }) => product(values, values));
  const alike = Array.from({ length: SEAM + 1 }, (_, i) => {
    const shared = product(circles[i]!.values, circles[i + APART]!.values);
    return shared / Math.sqrt(spread[i]! * spread[i + APART]! + 1);
  });
  const usual = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.7)]!;
  const leastSpread = CLEAR * usual(spread.slice(0, SEAM + 1));
  const leastAlike = ALIKE * usual(alike);
  const isClear = (i: number) => spread[i]! > leastSpread && alike[i]! > leastAlike;
  let first = alike.findIndex((_, i) => i < SEAM && isClear(i) && isClear(i + 1));
  if (first < 0) first = 0;
  return radius + sign * (first / 2 + 0.5);
}
