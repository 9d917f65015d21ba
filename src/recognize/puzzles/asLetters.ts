import type { Bitmap } from '../bmp.ts';
import { lettersAndDigits } from '../language.ts';
import type { Net, Scores } from '../net.ts';
import { allowedClasses, probabilityOf, toSteps } from '../steps.ts';
import { type Crops, cutOut, type Mark } from './mark.ts';

/** Letters whose two cases differ in size alone are one shape. */
const SHAPES = lettersAndDigits.replace(/[CKOPSUVWXZ]/g, (capital) => capital.toLowerCase());
const PLACES = Array.from(SHAPES, (shape) => lettersAndDigits.indexOf(shape));
const CUT = { width: 40, margin: 1.5 };
/** The net was trained on letters that lean by half as much; marks may be turned further. */
const TURNS = [-0.55, 0, 0.55];
/** Chance that two marks are the same of which the net reads neither as a letter. */
const UNREAD = 0.02;
/** How much the likeness of two marks' scores counts, beside the letters that they may be. */
const LIKENESS = 5;
/** Scores below are all the same: no. */
const LEAST_SCORE = -9;

/** The text net, whatever else it can. */
export type LetterNet = Pick<Net, 'card' | 'score'>;

/** What the net makes of one mark. */
interface Read {
  /** Probability of each letter, cases of one shape together. */
  letters: Float64Array;
  /** For each turn the scores of all classes, as a vector of length 1: also what is no letter has its pattern. */
  patterns: Float64Array[];
}

/**
 * How much each mark of a picture looks like each that is asked for to a net that has learnt letters in a thousand
 * fonts, turned and behind lines: a factor above 0, a row for each that is asked for.
 */
export async function alikeAsLetters(net: LetterNet, asked: Crops, seen: Crops): Promise<number[][]> {
  const cuts = [asked, seen].flatMap(({ picture, marks }) =>
    marks.flatMap((mark) => cutsOf(picture, mark, net)),
  );
  const scores = await net.score(cuts);
  const reads = Array.from({ length: cuts.length / TURNS.length }, (_, i) =>
    readOf(net, scores.slice(i * TURNS.length, (i + 1) * TURNS.length)),
  );
  const others = reads.splice(asked.marks.length);
  return reads.map((read) => others.map((other) => alike(read, other)));
}

function cutsOf(picture: Bitmap, mark: Mark, { card: { height } }: LetterNet): Bitmap[] {
  return TURNS.map((turn) => {
    const rgb = new Uint8ClampedArray(CUT.width * height * 3);
    cutOut(picture, mark, { ...CUT, height, turn }, rgb);
    return { width: CUT.width, height, rgb: new Uint8Array(rgb.buffer) };
  });
}

function readOf({ card: { alphabet } }: LetterNet, scores: readonly Scores[]): Read {
  const everything = allowedClasses(alphabet, alphabet);
  const letters = new Float64Array(lettersAndDigits.length);
  const patterns: Float64Array[] = [];
  for (const { logp, count, classes } of scores) {
    const steps = toSteps(logp, count, classes, everything);
    for (const [i, place] of PLACES.entries()) {
      const probability = probabilityOf([alphabet.indexOf(lettersAndDigits[i]!) + 1], steps);
      letters[place]! += probability / scores.length;
    }
    patterns.push(patternOf({ logp, count, classes }));
  }
  return { letters, patterns };
}

/** The highest score of each class over all steps, less their mean, scaled to length 1. */
function patternOf({ logp, count, classes }: Scores): Float64Array {
  const highest = new Float64Array(classes).fill(LEAST_SCORE);
  for (let i = 0; i < count * classes; i++) highest[i % classes] = Math.max(highest[i % classes]!, logp[i]!);
  const mean = highest.reduce((sum, score) => sum + score, 0) / classes;
  const length = Math.hypot(...highest.map((score) => score - mean)) || 1;
  return highest.map((score) => (score - mean) / length);
}

function alike(one: Read, other: Read): number {
  const sameLetter = dot(one.letters, other.letters);
  const likest = Math.max(...one.patterns.flatMap((a) => other.patterns.map((b) => dot(a, b))));
  return (sameLetter + UNREAD) * Math.exp(LIKENESS * likest);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
