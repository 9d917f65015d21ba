import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LocalReader, VisionTask } from '../cli/localReader.ts';
import type { Solution } from '../tasks/task.ts';
import { isGivenUp } from './givenUp.ts';
import type { Row } from './table.ts';

/** One labelled puzzle: what is asked of it, and whether an answer is near enough. */
export interface Puzzle {
  task: VisionTask;
  isRight(solution: Solution): boolean;
}

/** Pixels and degrees by which an answer may be off. */
const OFFSET = 3;
const ANGLE = 4;

const image = /\.(png|jpe?g|gif|webp|bmp)$/i;
const boxes = z.array(z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }));

/**
 * The puzzles that rows of a labels.tsv describe, by their columns; undefined when they are none. The second
 * image may be in any column.
 *
 *   x, y       where the second image goes; a family whose start_y is not y asks for both
 *   angle      by how many degrees the second image is turned clockwise, or the middle of the only one
 *   targets    JSON: boxes to be clicked in their order, named by the second image
 */
export function readPuzzles(folder: string, rows: readonly Row[]): Puzzle[] | undefined {
  const [first] = rows;
  if (!first) return undefined;
  const open = (row: Row, column: string) => readFileSync(join(folder, row[column]!));
  const second = Object.keys(first).find((column) => column !== 'file' && image.test(first[column]!));
  if ('angle' in first)
    return rows.map((row) => ({
      task: second
        ? { module: 'rotate_1', image: open(row, second), imageBackground: open(row, 'file') }
        : { module: 'rotate_1', image: open(row, 'file') },
      isRight: ({ angle }) => apart(Number(angle), Number(row.angle)) <= ANGLE,
    }));
  if (second === undefined) return undefined;
  if ('targets' in first)
    return rows.map((row) => ({
      task: { module: 'click_order', image: open(row, 'file'), imagePrompt: open(row, second) },
      isRight: ({ points }) => areInside(points as number[][], boxes.parse(JSON.parse(row.targets!))),
    }));
  if (!('x' in first)) return undefined;
  const isRowFree = rows.some((row) => row.start_y !== undefined && row.start_y !== row.y);
  return rows.map((row) => ({
    task: {
      module: isRowFree ? 'space_detection' : 'slider_1',
      image: open(row, second),
      imageBackground: open(row, 'file'),
    },
    isRight({ distance, box }) {
      const near = (value: unknown, label: string | undefined) =>
        Math.abs(Number(value) - Number(label)) <= OFFSET;
      if (!isRowFree) return near(distance, row.x);
      const [x, y] = box as number[];
      return near(x, row.x) && near(y, row.y);
    },
  }));
}

/** Solves puzzles one after another, as a server would; those that it gives up count as wrong. */
export async function countRight(reader: LocalReader, puzzles: readonly Puzzle[]): Promise<number> {
  let right = 0;
  for (const { task, isRight } of puzzles) {
    try {
      if (isRight(await reader.see(task))) right += 1;
    } catch (error) {
      if (!isGivenUp(error)) throw error;
    }
  }
  return right;
}

function areInside(points: readonly number[][], targets: z.output<typeof boxes>): boolean {
  if (points.length !== targets.length) return false;
  return targets.every(({ x, y, w, h }, i) => {
    const [u, v] = points[i] as [number, number];
    return u >= x && u <= x + w && v >= y && v <= y + h;
  });
}

/** Degrees between two directions. */
function apart(a: number, b: number): number {
  const turn = Math.abs(a - b) % 360;
  return Math.min(turn, 360 - turn);
}
