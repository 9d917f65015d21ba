import { z } from 'zod';
import type { LocalReader, VisionTask } from '../cli/localReader.ts';
import type { Fault } from '../fault.ts';
import type { Solution } from '../tasks/task.ts';
import { isNoImage, isUnsolved } from './givenUp.ts';
import type { Row, Table } from './table.ts';

/** One labelled puzzle: what is asked of it, and whether an answer is near enough. */
export interface Puzzle {
  /** Of its first image. */
  path: string;
  /** With its images, opened anew: those of ten thousand would fill the memory. Throws as `openImage` does. */
  task(): VisionTask;
  isRight(solution: Solution): boolean;
}

/** Pixels and degrees by which an answer may be off. */
const OFFSET = 3;
const ANGLE = 4;

export const imageName = /\.(png|jpe?g|gif|webp|bmp)$/i;
const boxes = z.array(z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() })).min(1);

/** A kind of puzzle: what its rows in a labels.tsv hold. */
interface PuzzleKind {
  /** Columns that name an image. */
  images: readonly string[];
  /** Columns that look like labels and are not, with what they lack. */
  unused?: readonly (readonly [column: string, without: string])[];
  /** What is wrong with the label of a row. */
  problemOf(row: Row): string | undefined;
  /** The puzzle of a row with which nothing is wrong. */
  toPuzzle(row: Row, open: (column: string) => Buffer): Omit<Puzzle, 'path'>;
}

/**
 * The kind of puzzles that a labels.tsv describes, by its columns; undefined when it is of none. The second image may be
 * in any column.
 *
 *   x, y       where the second image goes; a family whose start_y is not y asks for both
 *   angle      by how many degrees the second image is turned clockwise, or the middle of the only one
 *   targets    JSON: boxes to be clicked in their order, named by the second image
 */
export function puzzleKind({ columns, rows }: Table): PuzzleKind | undefined {
  const second = columns.find(
    (column) => column !== 'file' && rows.some((row) => imageName.test(row[column]!)),
  );
  if (columns.includes('angle')) return turns(second);
  if (second === undefined) return undefined;
  if (columns.includes('targets')) return clicks(second);
  if (!columns.includes('x')) return undefined;
  if (rows.some((row) => row.start_y !== undefined && row.start_y !== row.y)) return slides(second, true);
  const unused = columns.includes('y') && !columns.includes('start_y');
  return { ...slides(second, false), unused: unused ? [['y', ' without a column start_y']] : [] };
}

function turns(second: string | undefined): PuzzleKind {
  return {
    images: second ? ['file', second] : ['file'],
    problemOf: numberProblem('angle'),
    toPuzzle: (row, open) => ({
      task: () =>
        second
          ? { module: 'rotate_1', image: open(second), imageBackground: open('file') }
          : { module: 'rotate_1', image: open('file') },
      isRight: ({ angle }) => apart(Number(angle), Number(row.angle)) <= ANGLE,
    }),
  };
}

function clicks(second: string): PuzzleKind {
  return {
    images: ['file', second],
    problemOf: ({ targets }) =>
      toBoxes(targets) ? undefined : 'its targets are no JSON of boxes x, y, w, h',
    toPuzzle: (row, open) => {
      const targets = toBoxes(row.targets)!;
      return {
        task: () => ({ module: 'click_order', image: open('file'), imagePrompt: open(second) }),
        isRight: ({ points }) => areInside(points as number[][], targets),
      };
    },
  };
}

function slides(second: string, isRowFree: boolean): PuzzleKind {
  return {
    images: ['file', second],
    problemOf: numberProblem(...(isRowFree ? ['x', 'y'] : ['x'])),
    toPuzzle: (row, open) => ({
      task: () => ({
        module: isRowFree ? 'space_detection' : 'slider_1',
        image: open(second),
        imageBackground: open('file'),
      }),
      isRight({ distance, box }) {
        const near = (value: unknown, label: string | undefined) =>
          Math.abs(Number(value) - Number(label)) <= OFFSET;
        if (!isRowFree) return near(distance, row.x);
        const [x, y] = box as number[];
        return near(x, row.x) && near(y, row.y);
      },
    }),
  };
}

function numberProblem(...columns: string[]) {
  return (row: Row): string | undefined => {
    const wrong = columns.find((column) => !/^-?\d+(\.\d+)?$/.test(row[column] ?? ''));
    return wrong && `its ${wrong} is no number`;
  };
}

function toBoxes(targets = ''): z.output<typeof boxes> | undefined {
  try {
    return boxes.safeParse(JSON.parse(targets)).data;
  } catch {
    return undefined;
  }
}

export interface Solved {
  /** How many could be looked at. */
  n: number;
  right: number;
}

/**
 * Solves puzzles one after another, as a server would; those that it gives up count as wrong, those with an image that
 * has gone or cannot be decoded not at all. Each is handed to `done`, of the latter with why.
 */
export async function countRight(
  reader: LocalReader,
  puzzles: readonly Puzzle[],
  done: (puzzle: Puzzle, noImage?: Fault) => void = () => undefined,
): Promise<Solved> {
  const solved = { n: puzzles.length, right: 0 };
  for (const puzzle of puzzles) {
    try {
      if (puzzle.isRight(await reader.see(puzzle.task()))) solved.right += 1;
      done(puzzle);
    } catch (error) {
      if (isNoImage(error)) {
        solved.n -= 1;
        done(puzzle, error);
      } else if (isUnsolved(error)) done(puzzle);
      else throw error;
    }
  }
  return solved;
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
