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

test('codes stay 12 bits wide where the table is full and no new one begins', async () => {
  // Noise of 8 greys fills the 4,096 codes in some 4,000 pixels; what follows is written a pixel a code.
  const pixels = Array.from({ length: 9_000 }, (_, i) => ((i * 2_654_435_761) >>> 13) % 7);
  let width = 4;
  let next = 10;
  const known = new Map(Array.from({ length: 8 }, (_, colour) => [String(colour), colour]));
  const bits: string[] = [];
  const put = (code: number) => bits.push([...code.toString(2).padStart(width, '0')].reverse().join(''));
  put(8);
  let run = String(pixels[0]);
  for (const pixel of pixels.slice(1)) {
    const longer = `${run},${pixel}`;
    if (known.has(longer)) run = longer;
    else {
      put(known.get(run)!);
      if (next < 4096) {
        if (next === 2 ** width && width < 12) width++;
        known.set(longer, next++);
      }
      run = String(pixel);
    }
  }
  put(known.get(run)!);
  const bytes = bits
    .join('')
    .match(/.{1,8}/g)!
    .map((byte) => Number.parseInt([...byte].reverse().join(''), 2));
  const blocks = Array.from({ length: Math.ceil(bytes.length / 255) }, (_, at) =>
    bytes.slice(255 * at, 255 * (at + 1)),
  );
  const data = Uint8Array.from([3, ...blocks.flatMap((block) => [block.length, ...block]), 0]);
  expect(unusedColour(data, 0)).toBe(7);
});
