import type { ErrorCode } from '../errors.ts';
import { Fault } from '../fault.ts';

/** Whether a reader has looked at an image in vain, which counts as a miss. */
export const isUnsolved = (error: unknown): boolean => isOneOf(error, ['ERROR_CAPTCHA_UNSOLVABLE']);

/** Whether there was nothing to look at, which says nothing of how readable it is: damaged, or of no size that is read. */
export const isNoImage = (error: unknown): error is Fault =>
  isOneOf(error, ['ERROR_PARSE_IMAGE_FAIL', 'ERROR_INVALID_IMAGE']);

function isOneOf(error: unknown, codes: readonly ErrorCode[]): boolean {
  return error instanceof Fault && codes.includes(error.code);
}
