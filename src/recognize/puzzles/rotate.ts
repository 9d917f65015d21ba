import { discOf, holeRadius } from './circle.ts';
import { acrossSeam } from './continuity.ts';
import { type Pixels, shrink } from './pixels.ts';
import { centred, product, type Rings, STEPS, turnedProducts, unroll } from './rings.ts';
import { seamsOf } from './seam.ts';

/** How far a disc is turned. */
export interface Turn {
  /** Degrees clockwise, 0 to 360: turned back by as much, the disc is right. */
  angle: number;
  /** Probability, 0 to 1, that it is right among all angles. */
  confidence: number;
}

/** Shares of the radius at which the disc is compared with what lies under it. */
const INSIDE = [0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.92];
/** A middle that is there still says more than a seam. */
const WHOLE = 3;

/**
 * How far a disc is turned against the picture around it; undefined when there is no disc, or nothing around.
 * Where the picture has its middle still, that says it; where there is a hole, the colours along the seam do.
 */
export function findTurn(inner: Pixels, outer: Pixels): Turn | undefined {
  const disc = discOf(inner);
  const centre = { x: outer.width / 2, y: outer.height / 2 };
  const hole = holeRadius(outer, centre) ?? disc.radius;
  // Around a disc as high as a wide picture, what lies on both sides of it is enough.
  if (disc.radius < 8 || hole < 8 || hole + 4 > Math.max(outer.width, outer.height) / 2) return undefined;

  const at = (radius: number) => INSIDE.map((share) => share * radius);
  const same = alikeAtTurns(unroll(inner, disc, at(disc.radius)), unroll(outer, centre, at(hole)));
  const goesOn = acrossSeam(inner, disc, outer, { ...centre, radius: hole }, hole / disc.radius);
  return bestTurn(same.map((value, turn) => WHOLE * Math.max(0, value) ** 2 + goesOn[turn]!));
}

/** Longer sides of one picture are shrunk to this. */
const LONGEST = 400;
/** Pixels on either side of a seam that is known to a pixel: a circle beyond it would fit without a turn. */
const CLEAR_OF_IT = 2;
/** Degrees, and how much better than within them the turn must fit: else the picture goes on as it is. */
const UNTURNED = 3;
const LEAST_BETTER = 0.05;

/**
 * How far the middle of one picture is turned against the rest; undefined when no seam shows it. A picture that is
 * turned as a whole has none: which way it is up would take a model that knows what pictures show.
 */
export function findInnerTurn(given: Pixels): Turn | undefined {
  const picture = shrink(given, Math.min(1, LONGEST / Math.max(given.width, given.height)));
  const [most] = seamsOf(picture)
    .map((seam) => {
      const inside = { ...seam, radius: seam.radius - CLEAR_OF_IT };
      const outside = { ...seam, radius: seam.radius + CLEAR_OF_IT };
      const goesOn = acrossSeam(picture, inside, picture, outside, 1);
      const unturned = Math.max(...goesOn.slice(0, UNTURNED + 1), ...goesOn.slice(-UNTURNED));
      return { goesOn, better: Math.max(...goesOn) - unturned };
    })
    .sort((a, b) => b.better - a.better);
  return most && most.better >= LEAST_BETTER ? bestTurn(most.goesOn) : undefined;
}

/** Variance of a pixel below which the outer picture counts as plain. */
const PLAIN = 16;

/** For each turn how alike disc and outer picture are, brightness and contrast aside: -1 to 1. */
function alikeAtTurns(disc: Rings, below: Rings): number[] {
  const a = centred(disc);
  const b = centred(below);
  const energy = (product(a.values, a.values) + 1) * (product(b.values, b.values) + PLAIN * b.values.length);
  return Array.from(turnedProducts(a, b), (sum) => sum / Math.sqrt(energy));
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
