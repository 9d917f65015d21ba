import type { Bitmap } from '../bmp.ts';
import { resize } from '../resize.ts';
import type { ClickNets, Mark } from './clickNets.ts';

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
const MOST_MARKS = 12;
const MOST_WANTED = 8;
const PROMPT_SURENESS = 0.2;

/** Finds what a prompt shows in a picture; undefined when either shows nothing, or too little. */
export async function findClicks(
  nets: ClickNets,
  picture: Bitmap,
  prompt: Bitmap,
): Promise<Clicks | undefined> {
  const seen = scaled(picture, PICTURE_WIDTH / picture.width);
  const asked = scaled(prompt, PROMPT_HEIGHT / prompt.height);
  const wanted = (await nets.find(asked))
    .filter(({ sureness }) => sureness >= PROMPT_SURENESS)
    .slice(0, MOST_WANTED)
    .sort((a, b) => a.x - b.x);
  const marks = (await nets.find(seen)).slice(0, MOST_MARKS);
  if (wanted.length === 0 || marks.length < wanted.length) return undefined;
  const alike = await nets.compare({ picture: asked, marks: wanted }, { picture: seen, marks });
  const beliefs = alike.map((row) => beliefsOf(row, marks));
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

/** As the matcher was trained: a softmax over what there is, tempered; over all turns in which it was asked. */
const TEMPERATURE = 0.1;

function beliefsOf(alike: readonly Float32Array[], marks: readonly Mark[]): number[] {
  const weights = marks.map(({ sureness }, i) => {
    const inTurns = alike.reduce((sum, row) => sum + Math.exp(row[i]! / TEMPERATURE), 0);
    return inTurns * sureness;
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** A column of its own for each row, so that the product of beliefs is greatest. */
export function assign(beliefs: readonly (readonly number[])[]): number[] {
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
