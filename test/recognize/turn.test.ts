import { expect, test } from 'vitest';
import type { Pixels } from '../../src/recognize/puzzles/pixels.ts';
import { findTurn } from '../../src/recognize/puzzles/rotate.ts';
import { seamsOf } from '../../src/recognize/puzzles/seam.ts';

/** What is at a place, seen from the middle: a colour and, where there is a fourth value, how opaque it is. */
type Paint = (x: number, y: number) => number[];

function painted(width: number, height: number, paint: Paint): Pixels {
  const rgb = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height).fill(255);
  for (let at = 0; at < alpha.length; at++) {
    const place = [(at % width) + 0.5 - width / 2, Math.floor(at / width) + 0.5 - height / 2] as const;
    const [red, green, blue, opaque = 255] = paint(...place);
    rgb.set([red!, green!, blue!], at * 3);
    alpha[at] = opaque;
  }
  return { width, height, rgb, alpha };
}

/** A landscape of soft hills, each colour with its own. */
const hills: Paint = (x, y) => [
  128 + 60 * Math.sin(x / 13 + 1) + 50 * Math.cos(y / 17),
  128 + 55 * Math.cos(x / 19) + 50 * Math.sin(y / 11 + 2),
  128 + 50 * Math.sin((x + y) / 15) + 50 * Math.cos((x - y) / 21),
];

/** The hills with a hole, and the disc from it, turned clockwise. */
function puzzle(width: number, height: number, radius: number, degrees: number) {
  const turn = (degrees * Math.PI) / 180;
  const disc = painted(2 * radius, 2 * radius, (x, y) => [
    ...hills(x * Math.cos(turn) + y * Math.sin(turn), y * Math.cos(turn) - x * Math.sin(turn)),
    Math.hypot(x, y) < radius ? 255 : 0,
  ]);
  const outer = painted(width, height, (x, y) => (Math.hypot(x, y) < radius ? [0, 0, 0, 0] : hills(x, y)));
  return { disc, outer };
}

test('a turn is told to a part of a degree', () => {
  const { disc, outer } = puzzle(200, 200, 60, 73.5);
  expect(Math.abs(findTurn(disc, outer)!.angle - 73.5)).toBeLessThan(0.3);
});

test('a disc that was dimmed is told by how its colours go on, not by how bright they are', () => {
  const { disc, outer } = puzzle(200, 200, 60, 211);
  const dimmed = { ...disc, rgb: disc.rgb.map((value) => value * 0.4) };
  const turn = findTurn(dimmed, outer)!;
  expect(Math.abs(turn.angle - 211)).toBeLessThan(2);
  expect(turn.confidence).toBeGreaterThan(0.5);
});

test('a disc as high as a wide picture is told by what lies on both sides of it', () => {
  const { disc, outer } = puzzle(240, 160, 79, 128);
  expect(Math.abs(findTurn(disc, outer)!.angle - 128)).toBeLessThan(2);
});

test('a seam is where the whole circle jumps, however much a part of another does', () => {
  const picture = painted(200, 200, (x, y) => {
    const isStriking = Math.hypot(x, y) < 45 && Math.abs(Math.atan2(y, x)) < 0.7;
    return new Array(3).fill(isStriking ? 255 : Math.hypot(x, y) < 70 ? 40 : 60);
  });
  expect(Math.abs(seamsOf(picture)[0]!.radius - 70)).toBeLessThanOrEqual(2);
});
