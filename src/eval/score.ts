import type { Labelled } from './families.ts';
import type { Solved } from './puzzles.ts';

/** One image and what was read; the reading is made before the label is looked at. */
export interface Read {
  image: Labelled;
  /** Empty when it was given up. */
  text: string;
  confidence: number;
}

export interface FamilyScore {
  n: number;
  /** Percent right, letter case counting where labels say so. */
  exact: number;
  /** Percent right with letter case ignored. */
  exactNoCase: number;
  /** Milliseconds an image on one thread. */
  ms: number;
}

export function isRight({ image, text }: Read): boolean {
  return image.caseSensitive ? text === image.label : isRightInAnyCase({ image, text });
}

function isRightInAnyCase({ image, text }: Pick<Read, 'image' | 'text'>): boolean {
  return text.toLowerCase() === image.label.toLowerCase();
}

export function scoreFamily(reads: readonly Read[], elapsedMs: number): FamilyScore {
  return {
    n: reads.length,
    exact: percent(reads.filter(isRight).length, reads.length),
    exactNoCase: percent(reads.filter(isRightInAnyCase).length, reads.length),
    ms: round(elapsedMs / Math.max(1, reads.length)),
  };
}

/** A family of puzzles: `exact` are those within the tolerance. */
export function scorePuzzles({ n, right }: Solved, elapsedMs: number): FamilyScore {
  const exact = percent(right, n);
  return { n, exact, exactNoCase: exact, ms: round(elapsedMs / Math.max(1, n)) };
}

/** Mean over families, each counting the same however many images it has. */
export function meanExact(scores: readonly FamilyScore[]): number {
  return scores.length === 0 ? 0 : round(scores.reduce((sum, { exact }) => sum + exact, 0) / scores.length);
}

interface Trust {
  /** Expected calibration error in percent: how far what is said is from what is so, over ten bins. */
  ece: number;
  /** Of the answers given at a `score` of 0.9: how many percent of all, and how many percent of them right. */
  answered: number;
  rightOfAnswered: number;
}

export function trust(reads: readonly Read[]): Trust {
  const bins = Map.groupBy(reads, ({ confidence }) => Math.min(Math.floor(confidence * 10), 9));
  let gap = 0;
  for (const bin of bins.values()) {
    const said = bin.reduce((sum, { confidence }) => sum + confidence, 0);
    gap += Math.abs(said - bin.filter(isRight).length);
  }
  const sure = reads.filter(({ confidence }) => confidence >= 0.9);
  return {
    ece: percent(gap, reads.length),
    answered: percent(sure.length, reads.length),
    rightOfAnswered: percent(sure.filter(isRight).length, sure.length),
  };
}

const percent = (part: number, whole: number) => (whole === 0 ? 0 : round((100 * part) / whole));
const round = (value: number) => Math.round(value * 100) / 100;
