import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeFrames, decodeOnGrounds } from '../../src/recognize/decode.ts';
import { peekImage } from '../../src/recognize/peek.ts';

const decode = (bytes: Uint8Array) => decodeFrames(bytes, peekImage(bytes)!);
const pixels = async (bytes: Uint8Array) => [...(await decode(bytes))[0]!.rgb];

/** 16 × 8 pixels, the left half in one colour and the right half in another. */
function halves(left: number[], right: number[]) {
  const channels = left.length as 1 | 3 | 4;
  const data = Buffer.from(Array.from({ length: 128 }, (_, i) => (i % 16 < 8 ? left : right)).flat());
  return sharp(data, { raw: { width: 16, height: 8, channels } });
}

describe('pixels are red, green, blue, whatever the file holds', () => {
  test.each([
    ['RGB', () => halves([10, 20, 30], [200, 100, 50]).png()],
    ['RGB with 16 bits', () => halves([10, 20, 30], [200, 100, 50]).toColourspace('rgb16').png()],
    ['palette', () => halves([10, 20, 30], [200, 100, 50]).png({ palette: true })],
    ['GIF', () => halves([10, 20, 30], [200, 100, 50]).gif()],
    ['lossless WebP', () => halves([10, 20, 30], [200, 100, 50]).webp({ lossless: true })],
    ['opaque alpha', () => halves([10, 20, 30, 255], [200, 100, 50, 255]).png()],
  ])('%s', async (_, image) => {
    const rgb = await pixels(await image().toBuffer());
    expect([rgb.length, rgb.slice(0, 3), rgb.slice(-3)]).toEqual([384, [10, 20, 30], [200, 100, 50]]);
  });

  test.each([
    ['grey', () => halves([40], [90]).png()],
    ['grey with 16 bits', () => halves([40], [90]).toColourspace('grey16').png()],
    ['grey JPEG', () => halves([40], [90]).jpeg({ quality: 100 })],
  ])('%s', async (_, image) => {
    const rgb = await pixels(await image().toBuffer());
    expect([rgb.length, rgb.slice(0, 3), rgb.slice(-3)]).toEqual([384, [40, 40, 40], [90, 90, 90]]);
  });

  test('a CMYK JPEG is turned into RGB', async () => {
    const jpeg = await halves([250, 10, 10], [10, 10, 250]).toColourspace('cmyk').jpeg().toBuffer();
    const rgb = await pixels(jpeg);
    expect(rgb.length).toBe(384);
    expect(rgb[0]).toBeGreaterThan(rgb[2]! + 60);
    expect(rgb.at(-1)).toBeGreaterThan(rgb.at(-3)! + 60);
  });
});

describe('what is transparent is laid on a ground that shows the drawing', () => {
  test.each([
    ['dark drawing: on white', [0, 0, 0, 0], [0, 0, 0, 255], [255, 0]],
    ['half transparent drawing: on white', [0, 0, 0, 0], [0, 0, 0, 128], [255, 127]],
    ['white drawing: on black', [255, 255, 255, 0], [255, 255, 255, 255], [0, 255]],
    ['dark drawing on a white sheet: on white', [255, 255, 255, 255], [0, 0, 0, 255], [255, 0]],
    ['nothing drawn', [9, 9, 9, 0], [9, 9, 9, 0], [128, 128]],
  ])('%s', async (_, left, right, expected) => {
    const rgb = await pixels(await halves(left, right).png().toBuffer());
    expect([rgb[0], rgb.at(-1)]).toEqual(expected);
  });
});

describe('grounds that may show what is drawn, the likeliest first', () => {
  /** 16 × 8 pixels: `letters` in two columns, one pixel of `noise`, a `sheet` below all but the first pixel. */
  const drawing = (letters: number[], noise: number[], sheet = [0, 0, 0, 0]) => {
    const pixel = (i: number) =>
      i === 0 ? [0, 0, 0, 0] : i % 16 === 4 || i % 16 === 5 ? letters : i === 12 ? noise : sheet;
    const data = Buffer.from(Array.from({ length: 128 }, (_, i) => pixel(i)).flat());
    return sharp(data, { raw: { width: 16, height: 8, channels: 4 } }).png();
  };
  const white = [255, 255, 255, 255];
  const black = [0, 0, 0, 255];

  test.each([
    ['white letters among dark noise', drawing(white, [60, 60, 60, 255]), [0, 255]],
    ['half opaque white ones likewise', drawing([255, 255, 255, 150], [60, 60, 60, 120]), [0, 255]],
    ['white letters alone', drawing(white, white), [0]],
    ['black letters among white noise', drawing(black, white), [255]],
    ['yellow letters, which can be seen on white', drawing([255, 255, 0, 255], black), [255]],
    ['black letters on a white sheet with a bare corner', drawing(black, black, white), [255]],
  ])('%s', async (_, image, expected) => {
    const bytes = await image.toBuffer();
    const grounds = await decodeOnGrounds(bytes, peekImage(bytes)!);
    expect(grounds.map(([frame]) => frame!.rgb[0])).toEqual(expected);
  });
});

test('frames without a drawing lie on the same ground as the others', async () => {
  const clear = [0, 0, 0, 0];
  const [empty, drawn] = await Promise.all(
    [clear, [0, 0, 0, 255]].map((right) => halves(clear, right).png().toBuffer()),
  );
  const animation = await sharp([empty!, drawn!], { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  const grounds = (await decode(animation)).map(({ rgb }) => rgb[0]);
  expect(grounds).toEqual([255, 255]);
});

describe('what the frames of a GIF leave bare is white, even if it names no transparent colour', () => {
  const control = Buffer.from([0x21, 0xf9, 4]);

  /** On a canvas of 20 × 8, of which its frame covers 16 × 8, without the transparent colour that sharp names. */
  const widened = async (gif: Sharp) => {
    const bytes = await gif.toBuffer();
    bytes.writeUInt16LE(20, 6);
    bytes[bytes.indexOf(control) + 3]! &= ~1;
    return bytes;
  };
  const row = (rgb: Uint8Array) => [...rgb.subarray(0, 60)].filter((_, i) => i % 3 === 0);
  const black = [0, 0, 0];
  const blacks = Array(16).fill(0);

  test('one frame', async () => {
    const [frame] = await decode(await widened(halves(black, black).gif()));
    expect(row(frame!.rgb)).toEqual([...blacks, 255, 255, 255, 255]);
  });

  test('several, and as many as there are', async () => {
    const still = await widened(halves(black, black).gif());
    const frame = still.subarray(still.indexOf(control), -1);
    const twice = Buffer.concat([still.subarray(0, -1), frame, still.subarray(-1)]);
    const rows = (await decode(twice)).map(({ rgb }) => row(rgb));
    expect(rows).toEqual(Array(2).fill([...blacks, 255, 255, 255, 255]));
  });

  /** A frame with a table of 256 colours of its own. */
  const withAllColours = (frame: Buffer) => {
    const table = frame.indexOf(0x2c, 8) + 10;
    const whole = Buffer.concat([frame.subarray(0, table), Buffer.alloc(768), frame.subarray(table)]);
    whole[table - 1] = 0x87;
    return whole;
  };

  test.each([
    ['too', (frame: Buffer) => frame],
    ['too, whatever number of colours it has', withAllColours],
  ])('where a frame has been cleared away, %s', async (_, made) => {
    const still = await widened(halves(black, black).gif());
    const frame = made(Buffer.from(still.subarray(still.indexOf(control), -1)));
    frame[3] = (frame[3]! & 0b11100011) | (2 << 2);
    const moved = Buffer.from(frame);
    moved.writeUInt16LE(4, moved.indexOf(0x2c, 8) + 1);
    const head = still.subarray(0, still.indexOf(control));
    const rows = (await decode(Buffer.concat([head, frame, moved, still.subarray(-1)]))).map(({ rgb }) =>
      row(rgb),
    );
    const whites = [255, 255, 255, 255];
    expect(rows).toEqual([
      [...blacks, ...whites],
      [...whites, ...blacks],
    ]);
  });

  test('in a file without its trailer', async () => {
    const gif = await widened(halves(black, black).gif());
    const [frame] = await decode(gif.subarray(0, -1));
    expect(row(frame!.rgb)).toEqual([...blacks, 255, 255, 255, 255]);
  });

  test('one that is cut off is refused all the same', async () => {
    const gif = await widened(halves(black, [200, 9, 9]).gif());
    for (let end = gif.length - 2; end > gif.length - 8; end--)
      await expect(decode(gif.subarray(0, end))).rejects.toThrow();
  });
});

test('every frame of an animation, on the whole canvas', async () => {
  const frames = await Promise.all(
    [
      [250, 0, 0],
      [0, 250, 0],
      [0, 0, 250],
    ].map((colour) => halves(colour, [255, 255, 255]).png().toBuffer()),
  );
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const decoded = await decode(gif);
  expect(decoded.map(({ width, height }) => [width, height])).toEqual([
    [16, 8],
    [16, 8],
    [16, 8],
  ]);
  expect(decoded.map(({ rgb }) => [...rgb.subarray(0, 3)].indexOf(Math.max(...rgb.subarray(0, 3))))).toEqual([
    0, 1, 2,
  ]);
});

test('a JPEG of more scans than any encoder writes is refused before it is decoded', async () => {
  const jpeg = await halves([40], [90]).jpeg().toBuffer();
  const peeked = peekImage(jpeg)!;
  const scan = Buffer.from([0xff, 0xda, 0, 2, 1, 0xff, 0, 0xff, 0xd0, 2]);
  const scans = Buffer.concat(Array.from({ length: 101 }, () => scan));
  const end = jpeg.length - 2;
  const many = Buffer.concat([jpeg.subarray(0, end), scans, jpeg.subarray(end)]);
  await expect(decodeFrames(many, peeked)).rejects.toThrow('more than 100 scans');
  // libjpeg finds its way past both.
  for (const stray of [[0x00], [0xff, 0xff, 0x00, 0xff, 0xff]]) {
    const hidden = Buffer.concat([many.subarray(0, 2), Buffer.from(stray), many.subarray(2)]);
    await expect(decodeFrames(hidden, peeked)).rejects.toThrow('more than 100 scans');
  }
  // One that does not count itself leads this walk astray, and no decoder.
  for (const length of [0, 1]) {
    const short = Buffer.from([0xff, 0xe9, 0, length]);
    const hidden = Buffer.concat([many.subarray(0, 2), short, many.subarray(2)]);
    await expect(decodeFrames(hidden, peeked)).rejects.toThrow(`a segment of ${length} bytes`);
  }
  // What looks like scans in a comment, or behind the end, is none.
  const comment = Buffer.concat([
    Buffer.from([0xff, 0xfe, (scans.length + 2) >> 8, (scans.length + 2) & 255]),
    scans,
  ]);
  const harmless = Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2), scans]);
  expect(await decodeFrames(harmless, peeked)).toHaveLength(1);
});

/** 8 × 16 pixels, blue above red, and orientation 6: to be turned a quarter clockwise. */
const lying = () => halves([250, 0, 0], [0, 0, 250]).rotate(-90).withMetadata({ orientation: 6 });

test.each(['jpeg', 'png'] as const)(
  'a %s that says how it was held is turned as browsers turn it',
  async (format) => {
    const upright = await decode(await halves([250, 0, 0], [0, 0, 250]).png().toBuffer());
    const [turned] = await decode(await lying()[format]({ quality: 100 }).toBuffer());
    expect([turned!.width, turned!.height]).toEqual([upright[0]!.width, upright[0]!.height]);
    expect(turned!.rgb[0]).toBeGreaterThan(200);
    expect(turned!.rgb.at(-1)).toBeGreaterThan(200);
  },
);

test('a WebP that says how it was held is not turned: browsers do not turn it', async () => {
  const webp = await lying().webp({ lossless: true }).toBuffer();
  expect((await sharp(webp).metadata()).orientation).toBe(6);
  const [frame] = await decode(webp);
  expect([frame!.width, frame!.height]).toEqual([8, 16]);
  expect([frame!.rgb[2], frame!.rgb.at(-3)]).toEqual([250, 250]);
});

test('an animation that says how it was held is not turned: its frames would be torn apart', async () => {
  const frames = [halves([250, 0, 0], [0, 0, 250]), halves([0, 0, 250], [250, 0, 0])];
  const animation = await sharp(await Promise.all(frames.map((frame) => frame.png().toBuffer())), {
    join: { animated: true },
  })
    .withMetadata({ orientation: 6 })
    .webp({ lossless: true })
    .toBuffer();
  expect((await sharp(animation).metadata()).orientation).toBe(6);
  const decoded = await decode(animation);
  expect(decoded.map(({ width, height }) => [width, height])).toEqual(Array(2).fill([16, 8]));
  expect(decoded.map(({ rgb }) => [rgb[0], rgb.at(-1)])).toEqual([
    [250, 250],
    [0, 0],
  ]);
});

describe('no decoder but the four', () => {
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="8"><rect width="9" height="9"/></svg>',
  );
  test.each([
    ['SVG', async () => svg],
    ['TIFF', () => halves([1, 2, 3], [4, 5, 6]).tiff().toBuffer()],
    ['PDF', async () => Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj')],
    ['raw PPM', async () => Buffer.from('P3 16 8 255\n')],
  ])('%s is refused even when it passes for a PNG', async (_, make) => {
    const bytes = await make();
    await expect(decodeFrames(bytes, { format: 'jpeg', width: 16, height: 8, frames: 1 })).rejects.toThrow();
    await expect(decodeFrames(bytes, { format: 'png', width: 16, height: 8, frames: 1 })).rejects.toThrow();
  });

  test('more pixels than the header of another format promised', async () => {
    const large = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await expect(decodeFrames(large, { format: 'png', width: 16, height: 8, frames: 1 })).rejects.toThrow(
      /pixel limit/,
    );
  });
});

test('bombs in ancillary chunks of a PNG are never inflated', async () => {
  const png = await halves([10, 20, 30], [200, 100, 50]).png().toBuffer();
  const zeros = deflateSync(Buffer.alloc(48 * 1024 * 1024));
  const chunk = (name: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(name, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]); // a wrong checksum would be an error if it were read
  };
  const bombs = [
    chunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), zeros])),
    chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), zeros])),
  ];
  const bomb = Buffer.concat([png.subarray(0, 33), ...bombs, png.subarray(33)]);
  expect(peekImage(bomb)).toMatchObject({ width: 16, height: 8 });
  expect((await pixels(bomb)).slice(0, 3)).toEqual([10, 20, 30]);
});
