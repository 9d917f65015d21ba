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

interface Odd {
  depth?: number;
  colourType?: number;
  compression?: number;
  filters?: number;
  /** Between the header and the data. */
  more?: Buffer[];
}

/** A picture of zeros, one sample a pixel. */
function built({ depth = 8, colourType = 3, compression = 0, filters = 0, more = [] }: Odd): Buffer {
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, depth, colourType, compression, filters, 0]);
  const lines = deflateSync(Buffer.alloc(height * (Math.ceil((width * depth) / 8) + 1)));
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const end = [chunk('IDAT', lines), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, chunk('IHDR', header), ...more, ...end]);
}

const palette = (entries: number) => chunk('PLTE', Buffer.alloc(entries * 3, 90));
const opacity = (entries: number) => chunk('tRNS', Buffer.alloc(entries, 60));

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
  ['grey of 4 bits', async () => built({ depth: 4, colourType: 0 })],
  ['a colour that stands for nothing', async () => withTransparentColour(await raw(3).png().toBuffer())],
])('%s is left to libvips', async (_, png) => {
  expect(decode(await png())).toBeUndefined();
});

test.each<[string, Odd]>([
  ['more entries than its bits can name', { depth: 4, more: [palette(17)] }],
  ['more entries than any palette has', { more: [palette(257)] }],
  ['an entry that is not whole', { more: [chunk('PLTE', Buffer.alloc(7))] }],
  ['transparency of more entries than there are', { more: [palette(3), opacity(4)] }],
  ['transparency before what it is of', { more: [opacity(2), palette(3)] }],
  ['two palettes', { more: [palette(3), palette(3)] }],
  ['transparency twice', { more: [palette(3), opacity(2), opacity(3)] }],
  ['a compression that does not exist', { compression: 1, more: [palette(3)] }],
  ['filters that do not exist', { filters: 1, more: [palette(3)] }],
])('a palette with %s is left to libvips', async (_, odd) => {
  const sound = built({ depth: odd.depth ?? 8, more: [palette(3), opacity(2)] });
  expect(await isAsLibvipsReads(sound)).toBe(true);
  expect(decode(built(odd))).toBeUndefined();
});

test.each([
  ['RGB', () => raw(3).png({ compressionLevel: 0 }).toBuffer()],
  ['a palette with transparency', () => raw(4).png({ palette: true, compressionLevel: 0 }).toBuffer()],
])('whatever is wrong with it is left to libvips to refuse: %s', async (_, make) => {
  const png = await make();
  expect(decode(png)).toBeDefined();
  fc.assert(
    fc.property(fc.nat(png.length - 13), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(png);
      damaged[at + 8]! ^= flip;
      expect(decode(damaged)).toBeUndefined();
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
