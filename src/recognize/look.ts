import type { Constraints, Reading } from '../reading.ts';
import { calibrate, type Line } from './calibration.ts';
import { pickCombination } from './frames.ts';
import { type Judged, type JudgeOptions, judge, judgeUnlikely } from './judge.ts';
import { expression, expressionAlphabet, lengths, lettersAndDigits } from './language.ts';
import type { ModelCard } from './modelCard.ts';
import type { Scores } from './net.ts';
import { allowedClasses, characterConfidences, massOfLengths, type Steps, toSteps } from './steps.ts';

/** What is known of an image after having looked at it. */
export interface Look {
  reading: Reading;
  /** Which of the pictures it was read on. */
  view: number;
  /** How many pictures the net has seen. */
  views: number;
  /** What the net said of that picture, at each look: for further ones to go on from. */
  steps: readonly Steps[];
  card: ModelCard;
  allowed: Uint8Array;
  options: JudgeOptions;
}

/** Reads the scores of an image's pictures; where they are several, the one that shows the whole text. */
export function firstLook(card: ModelCard, constraints: Constraints, scores: readonly Scores[]): Look {
  const allowed = allowedClasses(card.alphabet, characters(constraints));
  const steps = scores.map(({ logp, count, classes }) => toSteps(logp, count, classes, allowed));
  const options = judgeOptions(card, constraints);
  const judged = steps.map((view) => judge([view], options));
  const view = pickCombination(judged.map(([best]) => best ?? { text: [], probability: 0 }));
  const reading = toReading(card, judged[view]!, [steps[view]!], card.calibration.oneLook);
  return { reading, view, views: scores.length, steps: [steps[view]!], card, allowed, options };
}

/** The reading that the looks so far and these further ones together give most belief to. */
export function furtherLook(before: Look, scores: readonly Scores[]): Look {
  const { card, allowed, options } = before;
  const more = scores.map(({ logp, count, classes }) => toSteps(logp, count, classes, allowed));
  const steps = [...before.steps, ...more];
  const candidates = judge(steps, options);
  const reading = toReading(card, candidates, steps, card.calibration.moreLooks);
  return { ...before, reading, steps, views: before.views + scores.length };
}

/** The last word on a picture that nothing has been read on although something is asked for. */
export function lastLook(look: Look): Look {
  const { card, steps, options, reading } = look;
  if (reading.text !== '' || options.language.accepts(options.language.start)) return look;
  const candidates = judgeUnlikely(steps, options);
  return { ...look, reading: toReading(card, candidates, steps, card.calibration.moreLooks) };
}

function characters({ alphabet, expression: isExpression }: Constraints): string {
  return isExpression ? expressionAlphabet : (alphabet ?? lettersAndDigits);
}

function judgeOptions({ alphabet }: ModelCard, constraints: Constraints): JudgeOptions {
  const { minLength = 0, maxLength, expression: isExpression, alternatives = 0 } = constraints;
  const best = 1 + alternatives;
  if (isExpression) return { alphabet, language: expression, massOf: undefined, best };
  const bounded = minLength > 0 || maxLength !== undefined;
  const massOf = bounded ? (view: Steps) => massOfLengths(view, minLength, maxLength) : () => 1;
  return { alphabet, language: lengths(minLength, maxLength), massOf, best };
}

function toReading(
  { alphabet }: ModelCard,
  candidates: readonly Judged[],
  views: readonly Steps[],
  line: Line,
): Reading {
  const [best = { text: [], probability: 0 }, ...others] = candidates;
  const character = (c: number) => alphabet[c - 1]!;
  const spell = (text: readonly number[]) => text.map(character).join('');
  const confidence = best.text.length === 0 ? 0 : calibrate(best.probability, line);
  const sureness = views.map((steps) => characterConfidences(best.text, steps));
  const meanOf = (at: number) => sureness.reduce((sum, view) => sum + view[at]!, 0) / views.length;
  // A step knows nothing of the texts that the request rules out; where the whole text is right, each character is.
  const confidenceOf = (at: number) => Math.max(meanOf(at), confidence);
  return {
    text: spell(best.text),
    confidence,
    characters: best.text.map((c, at) => ({ character: character(c), confidence: confidenceOf(at) })),
    alternatives: others.map(({ text, probability }) => ({
      text: spell(text),
      confidence: calibrate(probability, line),
    })),
  };
}
