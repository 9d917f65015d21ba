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

function chunk(name: string, content: Uint8Array): Buffer {
  const whole = Buffer.alloc(content.length + 12);
  whole.writeUInt32BE(content.length);
  whole.write(name, 4);
  whole.set(content, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, 8 + content.length)), 8 + content.length);
  return whole;
}

const beforeData = (png: Buffer, more: Buffer): Buffer => {
  const at = png.indexOf('IDAT') - 4;
  return Buffer.concat([png.subarray(0, at), more, png.subarray(at)]);
};

const withTransparentColour = (png: Buffer): Buffer => beforeData(png, chunk('tRNS', Buffer.alloc(6)));

function greyOf4Bits(): Buffer {
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 4, 0, 0, 0, 0]);
  const lines = deflateSync(Buffer.alloc(height * (Math.ceil(width / 2) + 1)));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const [ihdr, idat, iend] = [chunk('IHDR', header), chunk('IDAT', lines), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ihdr, idat, iend]);
}

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

test.each([
  [8, 256],
  [4, 16],
  [2, 4],
  [1, 2],
])('a palette of %d bits is coloured', async (bits, colours) => {
  const png = await raw(3).png({ palette: true, colours }).toBuffer();
  expect(png[24]).toBe(bits);
  expect(await isAsLibvipsReads(png)).toBe(true);
});

test.each([256, 16, 4])(
  'a palette with transparency lets the ground through, %d colours',
  async (colours) => {
    const png = await raw(4).png({ palette: true, colours }).toBuffer();
    expect(png.includes('tRNS')).toBe(true);
    expect(decode(png)!.channels).toBe(4);
    expect(await isAsLibvipsReads(png)).toBe(true);
  },
);

test.each([
  ['16 bits', () => raw(3).toColourspace('rgb16').png().toBuffer()],
  ['interlaced', () => raw(3).png({ progressive: true }).toBuffer()],
  ['grey of 4 bits', async () => greyOf4Bits()],
  ['a colour that stands for nothing', async () => withTransparentColour(await raw(3).png().toBuffer())],
])('%s is left to libvips', async (_, png) => {
  expect(decode(await png())).toBeUndefined();
});

test.each([
  ['RGB', () => raw(3).png({ compressionLevel: 0 }).toBuffer()],
  ['a palette with transparency', () => raw(4).png({ palette: true, compressionLevel: 0 }).toBuffer()],
])('whatever is wrong with it is left to libvips to refuse: %s', async (_, make) => {
  const png = await make();
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
  const bomb = chunk('IDAT', deflateSync(Buffer.alloc(50_000_000)));
  const bloated = [png.subarray(0, png.indexOf('IDAT') - 4), bomb, png.subarray(png.length - 12)];
  expect(decode(Buffer.concat(bloated))).toBeUndefined();
});
