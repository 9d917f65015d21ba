import type { ErrorCode } from '../errors.ts';
import { Fault } from '../fault.ts';

/** What a client would be told of this very image; any other fault is of whoever measures. */
export function isGivenUp(error: unknown): boolean {
  return error instanceof Fault && imageFaults.includes(error.code);
}

const imageFaults: readonly ErrorCode[] = [
  'ERROR_CAPTCHA_UNSOLVABLE',
  'ERROR_PARSE_IMAGE_FAIL',
  'ERROR_INVALID_IMAGE',
];
