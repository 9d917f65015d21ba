/** What a reading must keep to. */
export interface Constraints {
  /** Characters that may occur; without it letters and digits. */
  alphabet?: string;
  minLength?: number;
  maxLength?: number;
  /** The text must be whole-number arithmetic; `alphabet` then means nothing. */
  expression?: boolean;
  /** How many other texts to name beside the best. */
  alternatives?: number;
}

export interface Reading {
  /** Empty when there is nothing to read. */
  text: string;
  /** Calibrated probability that the whole text is right. */
  confidence: number;
  characters: { character: string; confidence: number }[];
  alternatives: { text: string; confidence: number }[];
  times: StageTimes;
}

/** Milliseconds that one image spent in each stage, the company of its batch included. */
export interface StageTimes {
  queueMs: number;
  decodeMs: number;
  inferMs: number;
  /** How many pictures the net saw for it. */
  views: number;
}
