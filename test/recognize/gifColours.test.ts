import sharp from 'sharp';
import { expect, test } from 'vitest';
import { unusedColour } from '../../src/recognize/gifColours.ts';

/** Where the data of a GIF's only frame begin. */
function dataOf(gif: Buffer): number {
  const tableOf = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableOf(gif[10]!);
  while (gif[at] === 0x21) {
    at += 2;
    while (gif[at] !== 0) at += 1 + gif[at]!;
    at++;
  }
  return at + 10 + tableOf(gif[at + 9]!);
}

/** A GIF of noise in greys from 1 to so many, each of them somewhere. */
async function noise(greys: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: 200 * 100 }, (_, i) => {
    const grey = i < greys ? i : ((i * 2_654_435_761) >>> 13) % greys;
    return grey + 1;
  });
  return sharp(pixels, { raw: { width: 200, height: 100, channels: 1 } })
    .gif({ colours: 256, dither: 0, effort: 10 })
    .toBuffer();
}

test.each([3, 40, 120, 250])(
  'of %d colours in thousands of codes, one that is not there is found',
  async (greys) => {
    const gif = await noise(greys);
    const before = await sharp(gif).raw().toBuffer();
    // Nothing changes with its entry in the table.
    const entry = 13 + 3 * unusedColour(gif, dataOf(gif))!;
    gif.fill(255, entry, entry + 3);
    expect(await sharp(gif).raw().toBuffer()).toEqual(before);
  },
);
