import { unusedColour } from './gifColours.ts';
import type { Cleared } from './peekGif.ts';

/** A frame of one transparent pixel, and the trailer: graphic control, descriptor, two colours, the pixel. */
const CLEAR_PIXEL = Buffer.from(
  '21f9040100000000' + '2c000000000100010080' + '000000ffffff' + '0202440100' + '3b',
  'hex',
);

/**
 * A GIF that leaves some of its canvas bare, with one more frame, to be dropped. libvips paints black what is bare
 * where no frame names a transparent colour; browsers show the page through it.
 */
export function withClearFrame(gif: Uint8Array, bareUntil: number): Uint8Array {
  return Buffer.concat([gif.subarray(0, bareUntil), CLEAR_PIXEL]);
}

/**
 * A GIF whose frames all name a transparent colour before they are cleared away, one that they do not have: where they
 * name none, libvips paints the background colour, and browsers show the page. A frame of all 256 colours stays as it is.
 */
export function withClearing(gif: Uint8Array, cleared: readonly Cleared[]): Uint8Array {
  const changed = Uint8Array.from(gif);
  for (const { control, data, unused } of cleared) {
    const colour = unused < 256 ? unused : unusedColour(gif, data);
    if (colour === undefined) continue;
    changed[control + 3]! |= 1;
    changed[control + 6] = colour;
  }
  return changed;
}
