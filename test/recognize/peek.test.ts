import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { imageParser } from '../../src/recognize/imageParser.ts';
import { peekImage } from '../../src/recognize/peek.ts';

const example = (name: string) => readFileSync(new URL(`../../examples/${name}`, import.meta.url));
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'white' } });

const canvas = (width: number, height: number) => {
  const png = Buffer.from(example('number.png'));
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
};

describe('format, size and frames are told from the header', () => {
  test.each([
    ['png', () => plain(70, 31).png().toBuffer()],
    ['jpeg', () => plain(70, 31).jpeg().toBuffer()],
    ['jpeg', () => plain(70, 31).jpeg({ progressive: true }).withMetadata({ density: 300 }).toBuffer()],
    ['webp', () => plain(70, 31).webp().toBuffer()],
    ['webp', () => plain(70, 31).webp({ lossless: true }).toBuffer()],
    ['webp', () => plain(70, 31).webp().withMetadata({ density: 300 }).toBuffer()],
    ['gif', () => plain(70, 31).gif().toBuffer()],
  ])('%s', async (format, make) => {
    expect(peekImage(await make())).toEqual({ format, width: 70, height: 31, frames: 1 });
  });

  test('bmp', () => {
    expect(peekImage(example('number.bmp'))).toEqual({ format: 'bmp', width: 96, height: 40, frames: 1 });
  });

  test('animated gif and webp', async () => {
    const gif = example('animated.gif');
    expect(peekImage(gif)).toEqual({ format: 'gif', width: 150, height: 52, frames: 5 });
    const webp = await sharp(gif, { pages: -1 }).webp().toBuffer();
    expect(peekImage(webp)).toEqual({ format: 'webp', width: 150, height: 52, frames: 5 });
  });
});

describe('what stands before or beside the size is not taken for it', () => {
  const segment = (marker: number) => [0xff, marker, 0, 9, 1, 1, 1, 1, 1, 1, 1];
  const sof = [0xff, 0xc0, 0, 17, 8, 0, 31, 0, 70];

  test.each([0xc4, 0xc8, 0xcc])('jpeg: segment %i is no frame header', (marker) => {
    const jpeg = Uint8Array.from([0xff, 0xd8, ...segment(marker), ...sof]);
    expect(peekImage(jpeg)).toEqual({ format: 'jpeg', width: 70, height: 31, frames: 1 });
  });

  test.each([0xc3, 0xc5, 0xc9, 0xca, 0xcf])(
    'jpeg: a frame of kind %i, which no browser shows, is refused',
    (kind) => {
      expect(peekImage(Uint8Array.from([0xff, 0xd8, 0xff, kind, ...sof.slice(2)]))).toBeUndefined();
    },
  );

  test.each([0xd0, 0xd7, 0x01])('jpeg: a marker %i without a length hides no frame', (bare) => {
    const hidden = [0xff, 0xca, ...sof.slice(2)];
    const jpeg = [0xff, 0xd8, 0xff, bare, 0, 2 + hidden.length, ...hidden, ...sof];
    expect(peekImage(Uint8Array.from(jpeg))).toBeUndefined();
  });

  test('jpeg: what libjpeg skips between two segments is skipped', () => {
    const jpeg = Uint8Array.from([
      0xff,
      0xd8,
      0,
      0,
      ...segment(0xe0),
      7,
      0xff,
      0,
      0xff,
      0xff,
      ...segment(0xe1),
      9,
      ...sof,
    ]);
    expect(peekImage(jpeg)).toEqual({ format: 'jpeg', width: 70, height: 31, frames: 1 });
  });

  const riff = (chunks: [name: string, data: number[]][]) => {
    const written = chunks.map(([name, data]) => {
      const head = Buffer.from(`${name}\0\0\0\0`);
      head.writeUInt32LE(data.length, 4);
      return Buffer.concat([head, Buffer.from(data), Buffer.alloc(data.length % 2)]);
    });
    return Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), ...written]);
  };

  test('webp: chunks of an odd length are padded', () => {
    const head = [0, 0, 0, 0, 69, 0, 0, 30, 0, 0];
    const frame: [string, number[]] = ['ANMF', Array(16).fill(0)];
    const webp = riff([['VP8X', head], ['EXIF', [1, 2, 3]], frame, ['EXIF', [1]], frame]);
    expect(peekImage(webp)).toEqual({ format: 'webp', width: 70, height: 31, frames: 2 });
  });

  test('webp: how it is to be scaled is no part of its size', () => {
    const webp = riff([['VP8 ', [0, 0, 0, 0x9d, 1, 0x2a, 70, 0x40, 31, 0x80]]]);
    expect(peekImage(webp)).toEqual({ format: 'webp', width: 70, height: 31, frames: 1 });
  });

  test('webp: one without the signature of the lossless is no image', () => {
    const lossless = [0x2f, 69, 0x80, 7, 0];
    expect(peekImage(riff([['VP8L', lossless]]))).toMatchObject({ width: 70, height: 31 });
    expect(peekImage(riff([['VP8L', [0x2e, ...lossless.slice(1)]]]))).toBeUndefined();
  });

  test.each([
    [12, true],
    [16, false],
    [39, false],
    [40, true],
    [108, true],
    [124, true],
    [125, false],
  ])('bmp: a header of %i bytes is one: %s', (length, isKnown) => {
    const bmp = Buffer.alloc(54);
    bmp.write('BM');
    bmp.writeUInt32LE(length, 14);
    if (length === 12) Buffer.from([70, 0, 31, 0]).copy(bmp, 18);
    else Buffer.from([70, 0, 0, 0, 31, 0, 0, 0]).copy(bmp, 18);
    expect(peekImage(bmp)).toEqual(isKnown ? { format: 'bmp', width: 70, height: 31, frames: 1 } : undefined);
  });
});

describe('of a GIF, frames that are cleared away and name no transparent colour', () => {
  const clear = [0x21, 0xf9, 4, 2 << 2, 0, 0, 0, 0];
  const frame = (flags: number) => [
    ...[0x2c, 0, 0, 0, 0, 64, 0, 64, 0, flags],
    ...Array(flags ? 3 * 2 ** ((flags & 7) + 1) : 0).fill(0),
    ...[2, 0],
  ];
  /** The canvas, its table of this many colours, and blocks. */
  const gif = (flags: number, ...blocks: number[][]) =>
    Uint8Array.from([
      ...Buffer.from('GIF89a'),
      ...[64, 0, 64, 0, flags, 0, 0],
      ...Array(flags ? 3 * 2 ** ((flags & 7) + 1) : 0).fill(0),
      ...blocks.flat(),
      0x3b,
    ]);
  const unusedIn = (bytes: Uint8Array) => peekImage(bytes)!.cleared?.map(({ unused }) => unused);

  test('a control is for the next frame alone', () => {
    expect(unusedIn(gif(0x80, clear, frame(0), frame(0)))).toEqual([2]);
    expect(unusedIn(gif(0x80, clear, frame(0), clear, frame(0)))).toEqual([2, 2]);
  });

  test('what is no colour of theirs is told by their own table before that of all', () => {
    expect(unusedIn(gif(0x82, clear, frame(0x80), clear, frame(0)))).toEqual([2, 8]);
  });

  test('one without a table has no colour to tell, and a single frame is never cleared', () => {
    expect(unusedIn(gif(0, clear, frame(0), clear, frame(0)))).toBeUndefined();
    expect(unusedIn(gif(0x80, clear, frame(0)))).toBeUndefined();
  });
});

test.each(['common.png', 'common.jpg', 'common.webp', 'animated.gif', 'number.bmp'])(
  'a header of %s that is cut off anywhere is no image, or the same one',
  (name) => {
    const whole = example(name);
    const { frames: _, ...size } = peekImage(whole)!;
    for (let length = 0; length < 700 && length < whole.length; length++) {
      const peeked = peekImage(whole.subarray(0, length));
      if (peeked) expect(peeked).toMatchObject(size);
    }
    expect(peekImage(whole.subarray(0, 10))).toBeUndefined();
  },
);

describe('a file of very many pieces is no image, one of many is', () => {
  const pieces = (head: Buffer | string, piece: number[], count: number, rest = Buffer.alloc(0)) =>
    Buffer.concat([
      Buffer.from(head as string, 'latin1'),
      Buffer.alloc(piece.length * count, Buffer.from(piece)),
      rest,
    ]);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 64, 0, 64, 0, 0, 2, 0, 0x3b]);
  const gif = 'GIF89a\x40\0\x40\0\0\0\0';
  const sof = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 64, 0, 64]);
  const webp = Buffer.alloc(30);
  webp.write('RIFF');
  webp.write('WEBPVP8X', 8);
  webp.writeUInt32LE(10, 16);

  test.each([
    ['gif: empty extensions', (count: number) => pieces(gif, [0x21, 0xfe, 0], count, frame)],
    [
      'gif: sub-blocks of a byte',
      (count: number) => pieces(`${gif}!\xfe`, [1, 65], count, Buffer.from([0, ...frame])),
    ],
    ['jpeg: empty segments', (count: number) => pieces('\xff\xd8', [0xff, 0xe0, 0, 2], count, sof)],
    ['jpeg: escaped bytes', (count: number) => pieces('\xff\xd8', [0xff, 0], count, sof)],
    ['jpeg: fill bytes', (count: number) => pieces('\xff\xd8', [0xff], count, sof)],
    ['webp: empty chunks', (count: number) => pieces(webp, [0, 0, 0, 0, 0, 0, 0, 0], count)],
  ])('%s', (_, make) => {
    expect(peekImage(make(20_000))).toBeDefined();
    expect(peekImage(make(70_000))).toBeUndefined();
  });
});

describe('an image that no decoder should see', () => {
  const parse = imageParser({ maxImageBytes: 20_000, maxImagePixels: 1_000_000, strict: false });
  const codeOf = (image: Uint8Array | string) => {
    try {
      parse(typeof image === 'string' ? image : Buffer.from(image).toString('base64'), 'task.body');
      return 'accepted';
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      expect(error.detail).toMatch(/^task\.body: /);
      return error.code;
    }
  };

  test.each([
    ['65535 × 65535', 65_535, 65_535],
    ['14000 × 14000', 14_000, 14_000],
    ['1 × 100000', 1, 100_000],
    ['100000 × 1', 100_000, 1],
    ['7 pixels high', 100, 7],
    ['7 pixels wide', 7, 100],
    ['8 × 9000', 8, 9000],
    ['1001 × 1000', 1001, 1000],
    ['4294967295 × 20', 4_294_967_295, 20],
  ])('%s: ERROR_INVALID_IMAGE', (_, width, height) => {
    expect(codeOf(canvas(width, height))).toBe('ERROR_INVALID_IMAGE');
  });

  test('0 × 0 is no image', () => {
    expect(codeOf(canvas(0, 0))).toBe('ERROR_PARSE_IMAGE_FAIL');
  });

  test('8 × 8 and exactly the most pixels pass', () => {
    expect([codeOf(canvas(8, 8)), codeOf(canvas(1000, 1000))]).toEqual(['accepted', 'accepted']);
  });

  test('too many bytes, told before and after decoding', () => {
    const long = Buffer.concat([example('number.png'), Buffer.alloc(20_000)]);
    expect(codeOf(long)).toBe('ERROR_INVALID_IMAGE');
    expect(codeOf('A'.repeat(1_000_000))).toBe('ERROR_INVALID_IMAGE');
  });

  test('a GIF of 10,000 frames, or of too many pixels over its frames', () => {
    const header = Buffer.from('474946383961080008000000', 'hex');
    const frame = Buffer.from('2c0000000008000800000202445100', 'hex');
    const many = (count: number) => Buffer.concat([header, Buffer.from([0]), ...Array(count).fill(frame)]);
    expect(peekImage(many(10_000))?.frames).toBe(10_000);
    expect(codeOf(many(1000))).toBe('ERROR_INVALID_IMAGE');
    expect(codeOf(many(100))).toBe('accepted');
    const large = Buffer.from(many(100));
    large.writeUInt16LE(200, 6);
    large.writeUInt16LE(60, 8);
    expect(codeOf(large)).toBe('ERROR_INVALID_IMAGE');
  });

  test('a GIF frame that reaches over its canvas', () => {
    const gif = Buffer.from(example('animated.gif'));
    gif.writeUInt16LE(140, 6);
    expect(codeOf(gif)).toBe('ERROR_PARSE_IMAGE_FAIL');
  });

  test.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>'],
    ['SVG with an XML head', '<?xml version="1.0"?><svg width="99" height="99"/>'],
    ['PDF', '%PDF-1.7\n%âãÏÓ\n1 0 obj'],
    ['TIFF', 'II*\0\x08\0\0\0'],
    ['big TIFF', 'MM\0*\0\0\0\x08'],
    ['HEIF', '\0\0\0\x18ftypheic'],
    ['AVIF', '\0\0\0\x1cftypavif'],
    ['ICO', '\0\0\x01\0\x01\0\x10\x10'],
    ['EPS', '%!PS-Adobe-3.0 EPSF-3.0'],
    ['PSD', '8BPS\0\x01'],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['ZIP', 'PK\x03\x04'],
    ['WAV in RIFF', 'RIFF\x24\0\0\0WAVEfmt '],
    ['GIF of another version', 'GIF88a\x50\0\x50\0\0\0\0'],
    ['text', 'hello there, no image at all'],
  ])('%s: ERROR_PARSE_IMAGE_FAIL', (_, text) => {
    const bytes = Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(64)]);
    expect(codeOf(bytes)).toBe('ERROR_PARSE_IMAGE_FAIL');
  });
});
