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

/** The median of more frames is that of so many: what one frame alone shows is in no median. */
const MOST_FRAMES = 15;

/** Evenly chosen, the first and the last among them. */
function sample(frames: readonly Bitmap[]): readonly Bitmap[] {
  if (frames.length <= MOST_FRAMES) return frames;
  const stride = (frames.length - 1) / (MOST_FRAMES - 1);
  return Array.from({ length: MOST_FRAMES }, (_, i) => frames[Math.round(i * stride)]!);
}

/** Median, darkest and lightest value over all frames, of each pixel's channel for itself. */
function combine(all: readonly Bitmap[]): Bitmap[] {
  const planes = sample(all).map(({ rgb }) => rgb);
  const rest = all.length === planes.length ? [] : all.map(({ rgb }) => rgb);
  const { width, height } = all[0]!;
  const length = width * height * 3;
  const [median, darkest, lightest] = [
    new Uint8Array(length),
    new Uint8Array(length),
    new Uint8Array(length),
  ];
  const sorted = new Uint8Array(planes.length);
  for (let i = 0; i < length; i++) {
    // Sorted by insertion: for a handful of values a call of sort() takes several times as long.
    for (let f = 0; f < planes.length; f++) {
      const value = planes[f]![i]!;
      let at = f;
      while (at > 0 && sorted[at - 1]! > value) {
        sorted[at] = sorted[at - 1]!;
        at -= 1;
      }
      sorted[at] = value;
    }
    median[i] = sorted[planes.length >> 1]!;
    darkest[i] = sorted[0]!;
    lightest[i] = sorted[planes.length - 1]!;
  }
  for (const plane of rest) {
    for (let i = 0; i < length; i++) {
      const value = plane[i]!;
      if (value < darkest[i]!) darkest[i] = value;
      else if (value > lightest[i]!) lightest[i] = value;
    }
  }
  return [median, darkest, lightest].map((rgb) => ({ width, height, rgb }));
}

/** What was read on one of the combinations. */
interface CombinationRead {
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
