import type { Patience } from './patience.ts';

/** What a reading must keep to. */
export interface Constraints {
  /** Characters that may occur; without it letters and digits. */
  alphabet?: string;
  minLength?: number;
  maxLength?: number;
  /** The text must be whole-number arithmetic, as `12+3=?`; `alphabet` then means nothing. */
  expression?: boolean;
  /** A reading less sure than this is looked at again, however sure the reader would be of it. */
  sure?: number;
  /** How many other texts to name beside the best; 0 without it. */
  alternatives?: number;
}

export type ReadOptions = Constraints & Patience;

/** What is told of an image whose format is known, and which is not read all the same. */
export const UNREADABLE = 'is damaged, or of a kind that is not read';

/** What an image says. Probabilities are calibrated, 0 to 1. */
export interface Reading {
  /** Empty when there is nothing to read. */
  text: string;
  /** That the whole text is right. */
  confidence: number;
  characters: { character: string; confidence: number }[];
  /** Other texts that it may be, likeliest first. */
  alternatives: { text: string; confidence: number }[];
}
