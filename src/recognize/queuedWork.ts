import { Fault } from '../fault.ts';
import { peekImage } from './peek.ts';
import type { Waiting } from './queue.ts';
import { type InputShape, targetWidth } from './resize.ts';
import type { Outcome, Work } from './work.ts';

/** What a thread found. */
export type Answer = Exclude<Outcome, { fault: unknown }>;

/** A piece of work in the pool, from its call to its answer. */
export interface QueuedWork extends Waiting {
  work: Work;
  images: Uint8Array[];
  attempts: number;
  isAnswered: boolean;
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
  /** Listens to the signal until the work is answered. */
  leave(): void;
}

/**
 * Pixels from which on an image is decoded longer than it is read: eight of 4 Mpx take a second. So is an animation of any
 * size, whose frames are combined.
 */
const LARGE = 250_000;

/**
 * What work may share a batch with, if with anything, and what it keeps in memory until it is taken.
 * @throws Fault ERROR_PARSE_IMAGE_FAIL
 */
export function weigh({ kind }: Work, images: readonly Uint8Array[], shape: InputShape) {
  const peeked = images.map((image) => {
    const one = peekImage(image);
    if (!one) throw new Fault('ERROR_PARSE_IMAGE_FAIL');
    return one;
  });
  const { width, height, frames } = peeked[0]!;
  const batchKey = kind === 'text' ? `text ${targetWidth(width, height, shape)}` : kind;
  const isSlow = frames > 1 || width * height > LARGE;
  const alone = isSlow || (kind !== 'text' && kind !== 'classes');
  return { batchKey, alone, bytes: images.reduce((sum, { length }) => sum + length, 0) };
}

export function answerOnce(queued: QueuedWork, answer: () => void): void {
  if (queued.isAnswered) return;
  queued.isAnswered = true;
  queued.signal.removeEventListener('abort', queued.leave);
  answer();
}

export function recogniserUnavailable(what: string, cause?: unknown): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail: `the recogniser ${what}`, cause });
}

/** Milliseconds that a thread spent for an answer. */
export function threadMs(answer: Answer): number {
  if ('found' in answer) return answer.ms;
  const { decodeMs, inferMs } = answer.reading.times;
  return decodeMs + inferMs;
}

export function strayAnswer(): Error {
  return new Error('a recognition thread answered what it was not asked');
}
