import { z } from 'zod';
import type { Call, Outcome } from '../call.ts';
import type { Patience } from '../patience.ts';
import type { Found, Proof } from '../proof.ts';
import type { Reading, ReadOptions } from '../reading.ts';

/** Engines that task types solve with. Each is wired in main; a type names only what it needs. */
export interface Engines {
  text: TextReader;
  puzzles: PuzzleSolver;
  classes: Classifier;
  proofs: ProofSearcher;
  web: Web;
}

export interface TextReader {
  /**
   * Reads the text of one image.
   * @throws Fault ERROR_PARSE_IMAGE_FAIL, ERROR_TASK_TIMEOUT, ERROR_SERVICE_UNAVALIABLE (queue full)
   */
  read(image: Uint8Array, options: ReadOptions): Promise<Reading>;
}

/** Each answers undefined where it finds nothing, and throws as TextReader does. `confidence` is 0 to 1. */
export interface PuzzleSolver {
  /** Where the picture of a piece goes: its top left corner, in pixels of the background. */
  findGap(
    piece: Uint8Array,
    background: Uint8Array,
    patience: Patience,
  ): Promise<{ x: number; y: number; confidence: number } | undefined>;
  /** How many degrees a disc is turned clockwise against the picture around it, or the middle of one picture. */
  findTurn(
    disc: Uint8Array,
    around: Uint8Array | undefined,
    patience: Patience,
  ): Promise<{ angle: number; confidence: number } | undefined>;
  /** Where in a picture is what a prompt shows, in the prompt's order. */
  findClicks(
    picture: Uint8Array,
    prompt: Uint8Array,
    patience: Patience,
  ): Promise<{ points: { x: number; y: number }[]; confidence: number } | undefined>;
}

export interface Classifier {
  /** Probability of each class that the model knows; throws as TextReader does. */
  classify(image: Uint8Array, patience: Patience): Promise<ArrayLike<number>>;
}

export interface ProofSearcher {
  /**
   * A counter from `from` (0) to `to` (not included) that solves a proof; undefined when there is none.
   * @throws the signal's reason; Fault ERROR_CAPTCHA_UNSOLVABLE for one that needs more memory than there is,
   * ERROR_SERVICE_UNAVALIABLE
   */
  search(
    proof: Proof,
    options: Pick<Patience, 'signal' | 'accountId'> & { from?: number; to?: number },
  ): Promise<Found | undefined>;
}

export interface Web {
  /** Calls a site, past the guard against our own network; never rejects. */
  call(call: Call): Promise<Outcome>;
}

/**
 * A reading less sure than this is not answered, and costs nothing: of a hundred such readings not one is right. A
 * client that wants guesses all the same has no use for what it would be charged for.
 */
export const LEAST_CONFIDENCE = 0.01;

/** What a solution may hold is fixed by the contract for each type; it is always an object. */
export type Solution = Record<string, unknown>;

export const probability = z.number().min(0).max(1);
/** Four decimals: more would claim a precision that no calibration has. */
export const rounded = (probability: number): number => Math.round(probability * 10_000) / 10_000;

export const confidence = probability.describe('estimated probability that the answer is right');

export interface SolveContext<Needs extends keyof Engines = keyof Engines> extends Patience {
  engines: Pick<Engines, Needs>;
}

/** One thing that can be asked: a file in this folder each. `Needs` are the engines that it solves with. */
export interface TaskType<
  Input = unknown,
  Needs extends keyof Engines = keyof Engines,
  Answer extends Solution = Solution,
> {
  /** As clients write it; compared without regard to case. */
  type: string;
  /** One sentence for documentation. */
  summary: string;
  /** Parses `task`; unknown fields are ignored, `null` counts as absent. */
  input: z.ZodType<Input>;
  /** What solutions hold, by module: documentation and clients' types are made of it. */
  solutions: Record<string, z.ZodType<Answer>>;
  /** The price list's key is `type/module`. */
  module(input: Input): string;
  /** A solution as this task might have it: what the sandbox answers. */
  sample(input: Input): Answer;
  /** Whether createTask carries the answer itself, or the task is taken up later. */
  timing: 'now' | 'later';
  /**
   * Looks at the input once more before money moves: sizes, magic bytes, known names.
   * @throws Fault ERROR_INVALID_IMAGE, ERROR_PARSE_IMAGE_FAIL, ERROR_UNKNOWN_QUESTION, ERROR_INVALID_TASK_DATA
   */
  check(input: Input): void;
  /** @throws Fault ERROR_CAPTCHA_UNSOLVABLE and what the engines throw; a thrown task costs nothing. */
  solve(input: Input, context: SolveContext<Needs>): Promise<Answer>;
}
