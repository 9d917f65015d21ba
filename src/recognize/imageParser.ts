import { Fault } from '../fault.ts';
import { UNREADABLE } from '../reading.ts';
import { decodeBase64 } from './base64.ts';
import { hasMagicBytes, type Peeked, peekImage } from './peek.ts';

interface ImageLimits {
  maxImageBytes: number;
  /** Over all frames together. */
  maxImagePixels: number;
  /** Refuse base64 that is not exactly canonical, and data-URI prefixes. */
  strict: boolean;
}

/** Smaller than this no letter can be told; a side longer than LONGEST_SIDE is no line of text. */
const SHORTEST_SIDE = 8;
const LONGEST_SIDE = 8192;
const MOST_FRAMES = 200;

/**
 * Makes the function that turns a base64 field into the bytes of an image that decoders may see. It reads the
 * header only, so it may run on the event loop: some 10 µs for a usual image, a few ms for 4 MiB.
 * @throws Fault ERROR_PARSE_IMAGE_FAIL (not base64, no image of the five formats, a broken header),
 * ERROR_INVALID_IMAGE (its size)
 */
export function imageParser({ maxImageBytes, maxImagePixels, strict }: ImageLimits) {
  // Line breaks of MIME base64 add 2 characters to 76; beyond that the text alone shows that it is too long.
  const longestText = Math.ceil(maxImageBytes / 3) * 4 * (78 / 76) + 256;

  return function parseImage(text: string, field: string): Uint8Array {
    const tooLarge = `${field}: larger than ${maxImageBytes} bytes`;
    if (text.length > longestText) throw new Fault('ERROR_INVALID_IMAGE', { detail: tooLarge });
    const bytes = decodeBase64(text, { strict });
    if (!bytes) throw new Fault('ERROR_PARSE_IMAGE_FAIL', { detail: `${field}: is not base64` });
    if (bytes.length > maxImageBytes) throw new Fault('ERROR_INVALID_IMAGE', { detail: tooLarge });

    const peeked = peekImage(bytes);
    if (!peeked) {
      const why = hasMagicBytes(bytes) ? UNREADABLE : 'is not a PNG, JPEG, GIF, WebP or BMP image';
      throw new Fault('ERROR_PARSE_IMAGE_FAIL', { detail: `${field}: ${why}` });
    }
    if (Math.min(peeked.width, peeked.height) < SHORTEST_SIDE) {
      const detail = `${field}: a side is shorter than ${SHORTEST_SIDE} pixels`;
      throw new Fault('ERROR_INVALID_IMAGE', { detail, reason: 'imageTooSmall' });
    }
    const excess = excessOf(peeked, maxImagePixels);
    if (excess) throw new Fault('ERROR_INVALID_IMAGE', { detail: `${field}: ${excess}` });
    return bytes;
  };
}

function excessOf({ width, height, frames }: Peeked, maxImagePixels: number): string | undefined {
  if (Math.max(width, height) > LONGEST_SIDE) return `a side is longer than ${LONGEST_SIDE} pixels`;
  if (frames > MOST_FRAMES) return `more than ${MOST_FRAMES} frames`;
  if (width * height * frames > maxImagePixels) return `more than ${maxImagePixels} pixels over all frames`;
  return undefined;
}
