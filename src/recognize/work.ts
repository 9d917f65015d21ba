import type { ErrorCode } from '../errors.ts';
import type { Constraints, Reading } from '../reading.ts';
import type { Clicks } from './puzzles/click.ts';
import type { Turn } from './puzzles/rotate.ts';
import type { Spot } from './puzzles/slide.ts';

/** What a thread is asked to do with one or two images. */
export type Work =
  | ({ kind: 'text' } & Constraints)
  /** Which of the classes a picture shows. */
  | { kind: 'classes' }
  /** Puzzles: a piece and its background; a disc and what is around it, or both in one; a picture and a prompt. */
  | { kind: 'gap' }
  | { kind: 'turn' }
  | { kind: 'clicks' };

/** One piece of work, as it is sent to a thread. */
export interface Item {
  work: Work;
  images: Uint8Array[];
  /** Milliseconds left for it. */
  budgetMs: number;
}

/** What comes of it; undefined where nothing was found. */
export type Found =
  | { kind: 'classes'; probabilities: Float32Array }
  | { kind: 'gap'; spot: Spot | undefined }
  | { kind: 'turn'; turn: Turn | undefined }
  | { kind: 'clicks'; clicks: Clicks | undefined };

/** Milliseconds that a thread spent for one image in each stage; of what it did for a batch together, the image's part. */
interface StageTimes {
  decodeMs: number;
  inferMs: number;
  /** How many pictures the net saw for it. */
  views: number;
}

export type TimedReading = Reading & { times: StageTimes };

export type Outcome =
  | { reading: TimedReading }
  /** `ms`: milliseconds of the thread. */
  | { found: Found; ms: number }
  | { fault: { code: ErrorCode; cause: string } };
