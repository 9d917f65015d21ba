import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { flatten } from '../../src/recognize/flatten.ts';
import { decodePlainPng } from '../../src/recognize/plainPng.ts';

const [width, height] = [23, 11];
const decode = (png: Uint8Array) => decodePlainPng(png, { width, height });

/** A picture with runs, ramps and noise, so that an encoder finds a use for each filter. */
function samples(channels: number, seed: number): Buffer {
  const values = Array.from({ length: width * height * channels }, (_, i) => {
    const y = Math.floor(i / (width * channels));
    return [i * 3, y * 20, seed, (i * i * (seed + 7)) >> 3][y % 4]! & 255;
  });
  return Buffer.from(values);
}

const raw = (channels: 1 | 2 | 3 | 4, seed = 1) =>
  sharp(samples(channels, seed), { raw: { width, height, channels } });

async function isAsLibvipsReads(png: Buffer): Promise<boolean> {
  const { data, info } = await sharp(png).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const decoded = decode(png)!;
  expect([decoded.width, decoded.height]).toEqual([width, height]);
  const [theirs] = flatten([data], info.channels)[0]!;
  const [ours] = flatten([decoded.pixels], decoded.channels)[0]!;
  return Buffer.from(theirs!).equals(ours!);
}

test('pixels are those that libvips reads, of any kind it writes', async () => {
  const kinds = fc.record({
    channels: fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4),
    seed: fc.integer({ min: 0, max: 255 }),
    adaptiveFiltering: fc.boolean(),
    compressionLevel: fc.constantFrom(0, 1, 9),
  });
  await fc.assert(
    fc.asyncProperty(kinds, async ({ channels, seed, ...options }) => {
      const png = await raw(channels, seed).png(options).toBuffer();
      expect(await isAsLibvipsReads(png)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a palette of 8 bits is coloured', async () => {
  const png = await raw(3).png({ palette: true, colours: 256 }).toBuffer();
  expect(png[24]).toBe(8);
  expect(await isAsLibvipsReads(png)).toBe(true);
});

test.each([
  ['16 bits', () => raw(3).toColourspace('rgb16').png().toBuffer()],
  ['interlaced', () => raw(3).png({ progressive: true }).toBuffer()],
  ['a palette of 4 bits', () => raw(3).png({ palette: true, colours: 16 }).toBuffer()],
  ['a palette with transparency', () => raw(4).png({ palette: true }).toBuffer()],
])('%s is left to libvips', async (_, png) => {
  expect(decode(await png())).toBeUndefined();
});

test('whatever is wrong with it is left to libvips to refuse', async () => {
  const png = await raw(3).png({ compressionLevel: 0 }).toBuffer();
  const whole = Buffer.from(decode(png)!.pixels);
  fc.assert(
    fc.property(fc.nat(png.length - 13), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(png);
      damaged[at + 8]! ^= flip;
      const decoded = decode(damaged);
      // Only in a chunk that no pixel depends on may a byte be wrong.
      if (decoded !== undefined) expect(whole.equals(decoded.pixels)).toBe(true);
    }),
  );
  for (let length = 0; length < png.length - 4; length++)
    expect(decode(png.subarray(0, length))).toBeUndefined();
});

test('more data than its size says is not inflated', async () => {
  const png = await raw(3).png().toBuffer();
  const at = png.indexOf('IDAT') - 4;
  const bomb = deflateSync(Buffer.alloc(50_000_000));
  const chunk = Buffer.alloc(bomb.length + 12);
  chunk.writeUInt32BE(bomb.length);
  chunk.write('IDAT', 4);
  bomb.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + bomb.length)), 8 + bomb.length);
  const bloated = Buffer.concat([png.subarray(0, at), chunk, png.subarray(png.length - 12)]);
  expect(decode(bloated)).toBeUndefined();
});
