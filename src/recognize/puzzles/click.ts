import type { Bitmap } from '../bmp.ts';
import { resize } from '../resize.ts';
import { alikeAsLetters, type LetterNet } from './asLetters.ts';
import type { ClickNets } from './clickNets.ts';
import type { Mark } from './mark.ts';
import { askedMarks } from './prompt.ts';

/** Where to click, in the order of the prompt, in pixels of the picture. */
export interface Clicks {
  points: { x: number; y: number }[];
  /** Probability, 0 to 1, that all of them are right. */
  confidence: number;
}

/** Sizes that the nets were trained on: the picture's width, and the prompt's height. */
const PICTURE_WIDTH = 288;
const PROMPT_HEIGHT = 48;
const MULTIPLE = 16;
const LONGEST = 640;
const MOST_MARKS = 10;
/** Belief from which on nothing more is asked about a mark, and below which it is not the one. */
const SURE = 0.97;
const UNLIKELY = 0.02;

/** Finds what a prompt shows in a picture; undefined when either shows nothing, or too little. */
export async function findClicks(
  nets: ClickNets,
  letters: LetterNet,
  picture: Bitmap,
  prompt: Bitmap,
): Promise<Clicks | undefined> {
  const seen = scaled(picture, PICTURE_WIDTH / picture.width);
  const asked = scaled(prompt, PROMPT_HEIGHT / prompt.height);
  const wanted = askedMarks(await nets.find(asked));
  const marks = (await nets.find(seen)).slice(0, MOST_MARKS);
  if (wanted.length === 0 || marks.length < wanted.length) return undefined;
  const alike = await nets.compare({ picture: asked, marks: wanted }, { picture: seen, marks });
  const first = alike.map((row) => beliefsOf(row, marks));
  const rows = unsureRows(first);
  const columns = [...marks.keys()].filter((i) => rows.some((row) => first[row]![i]! >= UNLIKELY));
  const factors = await alikeAsLetters(
    letters,
    { picture: asked, marks: rows.map((row) => wanted[row]!) },
    { picture: seen, marks: columns.map((column) => marks[column]!) },
  );
  const beliefs = first.map((row, i) => secondThought(row, columns, factors[rows.indexOf(i)]));
  const chosen = assign(beliefs);
  const confidence = chosen.reduce((product, column, row) => product * beliefs[row]![column]!, 1);
  const across = picture.width / seen.width;
  const down = picture.height / seen.height;
  return { points: chosen.map((i) => ({ x: marks[i]!.x * across, y: marks[i]!.y * down })), confidence };
}

/** Scaled, to sides that the nets take. */
function scaled(image: Bitmap, scale: number): Bitmap {
  const side = (length: number) =>
    Math.min(Math.max(Math.round((length * scale) / MULTIPLE), 1) * MULTIPLE, LONGEST);
  return resize(image, side(image.width), side(image.height));
}

/** Which of the marks one that is asked for is, by the matcher: a belief in each, over all turns in which it was asked. */
function beliefsOf(alike: readonly Float32Array[], marks: readonly Mark[]): number[] {
  const highest = Math.max(...alike.map((row) => Math.max(...row)));
  return shares(
    marks.map(({ sureness }, i) => {
      const inTurns = alike.reduce((sum, row) => sum + Math.exp(row[i]! - highest), 0);
      return inTurns * sureness;
    }),
  );
}

/** Rows whose mark is doubtful, or is another's too. */
function unsureRows(beliefs: readonly (readonly number[])[]): number[] {
  const highest = beliefs.map((row) => Math.max(...row));
  const favourites = beliefs.map((row, i) => row.indexOf(highest[i]!));
  return [...beliefs.keys()].filter(
    (i) => highest[i]! < SURE || favourites.some((favourite, k) => k !== i && favourite === favourites[i]),
  );
}

/** A row of beliefs after the text net has seen some of its marks; `factors`, if any, are of those `columns`. */
function secondThought(
  beliefs: readonly number[],
  columns: readonly number[],
  factors: readonly number[] | undefined,
): number[] {
  if (factors === undefined) return [...beliefs];
  const least = Math.min(...factors);
  return shares(beliefs.map((belief, i) => belief * (factors[columns.indexOf(i)] ?? least)));
}

function shares(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** A column of its own for each row, so that the product of beliefs is greatest. */
function assign(beliefs: readonly (readonly number[])[]): number[] {
  const rows = beliefs.length;
  const columns = beliefs[0]?.length ?? 0;
  // best[set]: the greatest sum of logarithms with the rows of that set served by the columns so far.
  let best: { sum: number; chosen: number[] }[] = Array.from({ length: 1 << rows }, () => ({
    sum: Number.NEGATIVE_INFINITY,
    chosen: [],
  }));
  best[0] = { sum: 0, chosen: new Array<number>(rows).fill(-1) };
  for (let column = 0; column < columns; column++) {
    const next = [...best];
    for (let set = 0; set < best.length; set++) {
      const from = best[set]!;
      if (from.sum === Number.NEGATIVE_INFINITY) continue;
      for (let row = 0; row < rows; row++) {
        if (set & (1 << row)) continue;
        const sum = from.sum + Math.log(beliefs[row]![column]! + 1e-12);
        if (sum > next[set | (1 << row)]!.sum) {
          next[set | (1 << row)] = { sum, chosen: from.chosen.with(row, column) };
        }
      }
    }
    best = next;
  }
  return best.at(-1)!.chosen;
}
