import type { Bitmap } from './bmp.ts';

/**
 * The pictures that stand for an animation. Noise that moves is not in the median; a character that each frame
 * hides in turn is in the median too, and one that each frame shows in turn is in the darkest or the lightest
 * pixels; an animation that builds up is whole in its last frame.
 */
export function combinations(frames: readonly Bitmap[]): Bitmap[] {
  if (frames.length === 1) return [frames[0]!];
  return [...combine(frames), frames.at(-1)!];
}

/** Median, darkest and lightest value over all frames, of each pixel's channel for itself. */
function combine(frames: readonly Bitmap[]): Bitmap[] {
  const { width, height } = frames[0]!;
  const [median, darkest, lightest] = Array.from({ length: 3 }, () => new Uint8Array(width * height * 3));
  const values = new Uint8Array(frames.length);
  for (let i = 0; i < width * height * 3; i++) {
    for (let f = 0; f < frames.length; f++) values[f] = frames[f]!.rgb[i]!;
    values.sort();
    median![i] = values[values.length >> 1]!;
    darkest![i] = values[0]!;
    lightest![i] = values.at(-1)!;
  }
  return [median!, darkest!, lightest!].map((rgb) => ({ width, height, rgb }));
}

/** What was read on one of the combinations. */
export interface CombinationRead {
  text: readonly number[];
  probability: number;
}

/**
 * Which combination shows the whole text: the surest, unless another is nearly as sure of a longer text that
 * holds the same characters and more.
 * @returns its index
 */
export function pickCombination(reads: readonly CombinationRead[]): number {
  const trust = (read: CombinationRead) => (read.text.length === 0 ? 0 : read.probability);
  let best = 0;
  for (let i = 1; i < reads.length; i++) if (trust(reads[i]!) > trust(reads[best]!)) best = i;
  const surest = reads[best]!;
  for (const [i, read] of reads.entries()) {
    const longer = read.text.length > reads[best]!.text.length;
    if (longer && read.probability > NEARLY * surest.probability && holds(read.text, surest.text)) best = i;
  }
  return best;
}

const NEARLY = 0.6;

/** Whether `part`'s characters occur in `whole` in their order. */
function holds(whole: readonly number[], part: readonly number[]): boolean {
  let at = 0;
  for (const c of whole) if (c === part[at]) at += 1;
  return at === part.length;
}
