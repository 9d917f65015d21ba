import { readFileSync } from 'node:fs';
import type { ErrorCode } from '../errors.ts';
import { Fault } from '../fault.ts';

/** Whether a reader has looked at an image in vain, which counts as a miss. */
export const isUnsolved = (error: unknown): boolean => isOneOf(error, ['ERROR_CAPTCHA_UNSOLVABLE']);

/** Whether there was nothing to look at, which says nothing of how readable it is: damaged, or of no size that is read. */
export const isNoImage = (error: unknown): error is Fault =>
  isOneOf(error, ['ERROR_PARSE_IMAGE_FAIL', 'ERROR_INVALID_IMAGE']);

/** What an image holds. @throws Fault, as of one that is damaged, where it has gone since it was found */
export function openImage(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const detail = `the file: cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new Fault('ERROR_PARSE_IMAGE_FAIL', { detail, cause: error });
  }
}

/** Of an image with nothing to look at, why: without the field that a server would name. */
export function saidOf({ detail, code }: Fault): string {
  return (detail ?? code).replace(/^([\w.]+|the file): /, '');
}

function isOneOf(error: unknown, codes: readonly ErrorCode[]): boolean {
  return error instanceof Fault && codes.includes(error.code);
}
