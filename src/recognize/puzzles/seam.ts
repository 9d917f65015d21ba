import type { Circle } from './circle.ts';
import type { Pixels } from './pixels.ts';
import { type Centre, STEPS, unroll } from './rings.ts';

/** Radii of seams, as shares of the largest circle in the picture. */
const SMALLEST = 0.2;
const LARGEST = 0.96;
/** A change of colour from one circle to the next but one counts no more than this: it is the whole circle that jumps. */
const MOST_CHANGE = 40;
/** Circles on either side that say how much the picture changes anyway. */
const AROUND = 10;
const MOST_SEAMS = 4;
/** Times the usual change: whole pictures stay below 1.9 and mostly below 1.4, seams in them are mostly above 1.7. */
const LEAST_JUMP = 1.4;

/** Circles around the middle where a picture jumps, the clearest first: there an inner disc may have been turned. */
export function seamsOf(picture: Pixels): Circle[] {
  const centre = { x: picture.width / 2, y: picture.height / 2 };
  const most = Math.min(centre.x, centre.y) - 2;
  const changes = changesOf(picture, centre, most);
  const jumps = changes.map((change, radius) => {
    const near = changes.slice(Math.max(1, radius - AROUND), radius + AROUND + 1).sort((a, b) => a - b);
    return change / ((near[near.length >> 1] ?? 0) + 1);
  });
  return Array.from(jumps.keys())
    .filter((radius) => radius >= SMALLEST * most && radius <= LARGEST * most && jumps[radius]! >= LEAST_JUMP)
    .filter((radius) => jumps[radius]! >= Math.max(...jumps.slice(radius - 3, radius + 4)))
    .sort((a, b) => jumps[b]! - jumps[a]!)
    .slice(0, MOST_SEAMS)
    .map((radius) => ({ ...centre, radius }));
}

/** By radius, in whole pixels: how far the circles just inside and just outside differ, in grey levels. */
function changesOf(picture: Pixels, centre: Centre, most: number): number[] {
  const radii = Array.from({ length: Math.floor(most) + 2 }, (_, radius) => radius);
  const { values } = unroll(picture, centre, radii);
  const circle = 3 * STEPS;
  return radii.slice(0, -1).map((radius) => {
    if (radius === 0) return 0;
    let sum = 0;
    const inside = (radius - 1) * circle;
    const outside = (radius + 1) * circle;
    for (let i = 0; i < STEPS; i++) {
      let change = 0;
      for (let at = i; at < circle; at += STEPS)
        change = Math.max(change, Math.abs(values[outside + at]! - values[inside + at]!));
      sum += Math.min(change, MOST_CHANGE);
    }
    return sum / STEPS;
  });
}
