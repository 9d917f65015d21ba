import type { Outcome } from './work.ts';

/** The decoder's refusal, which is the client's fault; whatever fails behind it is ours. */
class Undecodable extends Error {}

/**
 * What a decoder makes of an image.
 * @throws Undecodable for whatever it throws
 */
export async function decoded<Pictures>(decode: () => Promise<Pictures>): Promise<Pictures> {
  try {
    return await decode();
  } catch (cause) {
    throw new Undecodable('an image cannot be decoded', { cause });
  }
}

/** The outcome of work that failed, with the cause for the log. */
export function failure(error: unknown): Extract<Outcome, { fault: unknown }> {
  if (error instanceof Undecodable)
    return { fault: { code: 'ERROR_PARSE_IMAGE_FAIL', cause: String(error.cause) } };
  return { fault: { code: 'ERROR_SERVICE_UNAVALIABLE', cause: String(error) } };
}
