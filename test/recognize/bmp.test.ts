import { describe, expect, test } from 'vitest';
import { decodeBmp } from '../../src/recognize/bmp.ts';
import { peekImage } from '../../src/recognize/peek.ts';

interface Made {
  bits: number;
  /** Rows from the bottom, as the file holds them, before padding. */
  rows: number[][];
  width: number;
  height?: number;
  palette?: number[];
  compression?: number;
  /** Bits of red, green, blue and alpha, in a header of 108 bytes. */
  masks?: number[];
  old?: boolean;
}

/** A BMP with a header of 40 or 108 bytes, or the OS/2 one of 12. */
function bmp({
  bits,
  rows,
  width,
  height = rows.length,
  palette = [],
  compression = 0,
  masks,
  old = false,
}: Made): Buffer {
  const header = Buffer.alloc(14 + (old ? 12 : masks ? 108 : 40));
  header.write('BM');
  header.writeUInt32LE(header.length + palette.length, 10);
  header.writeUInt32LE(header.length - 14, 14);
  if (old) {
    header.writeUInt16LE(width, 18);
    header.writeUInt16LE(height, 20);
    header.writeUInt16LE(bits, 24);
  } else {
    header.writeInt32LE(width, 18);
    header.writeInt32LE(height, 22);
    header.writeUInt16LE(bits, 28);
    header.writeUInt32LE(compression, 30);
    header.writeUInt32LE(palette.length / 4, 46);
    for (const [i, mask] of (masks ?? []).entries()) header.writeUInt32LE(mask, 54 + 4 * i);
  }
  const padded = rows.map((row) => [...row, ...Array<number>((4 - (row.length % 4)) % 4).fill(0)]);
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(padded.flat())]);
}

const shorts = (...values: number[]) => values.flatMap((value) => [value & 255, value >> 8]);

const red = [255, 0, 0];
const blue = [0, 0, 255];
const white = [255, 255, 255];
const palette = [0, 0, 255, 0, 255, 0, 0, 0]; // red, blue, in the file's order

test.each<[string, Made]>([
  [
    '24 bits',
    {
      bits: 24,
      width: 3,
      rows: [
        [255, 0, 0, 255, 0, 0, 0, 0, 255],
        [0, 0, 255, 255, 255, 255, 255, 255, 255],
      ],
    },
  ],
  [
    '24 bits, rows from the top',
    {
      bits: 24,
      width: 3,
      height: -2,
      rows: [
        [0, 0, 255, 255, 255, 255, 255, 255, 255],
        [255, 0, 0, 255, 0, 0, 0, 0, 255],
      ],
    },
  ],
  [
    '32 bits',
    {
      bits: 32,
      width: 3,
      rows: [
        [255, 0, 0, 7, 255, 0, 0, 7, 0, 0, 255, 7],
        [0, 0, 255, 7, 255, 255, 255, 7, 255, 255, 255, 7],
      ],
    },
  ],
  [
    '32 bits, red first',
    {
      bits: 32,
      width: 3,
      compression: 3,
      masks: [0xff, 0xff00, 0xff0000, 0],
      rows: [
        [0, 0, 255, 7, 0, 0, 255, 7, 255, 0, 0, 7],
        [255, 0, 0, 7, 255, 255, 255, 7, 255, 255, 255, 7],
      ],
    },
  ],
  [
    '32 bits whose alpha was left at zero',
    {
      bits: 32,
      width: 3,
      compression: 3,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      rows: [
        [255, 0, 0, 0, 255, 0, 0, 0, 0, 0, 255, 0],
        [0, 0, 255, 0, 255, 255, 255, 0, 255, 255, 255, 0],
      ],
    },
  ],
  [
    '16 bits, five of each colour',
    { bits: 16, width: 3, rows: [shorts(0x1f, 0x1f, 0x7c00), shorts(0x7c00, 0x7fff, 0x7fff)] },
  ],
  [
    '16 bits, six of green',
    {
      bits: 16,
      width: 3,
      compression: 3,
      masks: [0xf800, 0x7e0, 0x1f, 0],
      rows: [shorts(0x1f, 0x1f, 0xf800), shorts(0xf800, 0xffff, 0xffff)],
    },
  ],
])('%s', (_, made) => {
  const { width, height, channels, pixels } = decodeBmp(bmp(made));
  expect([width, height, channels]).toEqual([3, 2, 3]);
  expect([...pixels]).toEqual([...red, ...white, ...white, ...blue, ...blue, ...red]);
});

test.each<[string, Made]>([
  ['8 bits', { bits: 8, width: 3, palette, rows: [[0, 1, 1]] }],
  ['4 bits', { bits: 4, width: 3, palette, rows: [[0x01, 0x10]] }],
  ['1 bit', { bits: 1, width: 3, palette, rows: [[0b01100000]] }],
  [
    'OS/2, 8 bits',
    {
      bits: 8,
      width: 3,
      old: true,
      palette: [...palette.filter((_, i) => i % 4 !== 3), ...Array<number>(762).fill(0)],
      rows: [[0, 1, 1]],
    },
  ],
])('%s', (_, made) => {
  expect([...decodeBmp(bmp(made)).pixels]).toEqual([...red, ...blue, ...blue]);
});

test('alpha that the header names is kept', () => {
  const rows = [[0, 0, 255, 7, 255, 255, 255, 0]];
  const made = bmp({ bits: 32, width: 2, compression: 3, masks: [0xff0000, 0xff00, 0xff, 0xff000000], rows });
  const { channels, pixels } = decodeBmp(made);
  expect([channels, [...pixels]]).toEqual([4, [...red, 7, ...white, 0]]);
});

test('the last row may lack its padding', () => {
  const whole = bmp({
    bits: 24,
    width: 1,
    rows: [
      [255, 0, 0],
      [0, 0, 255],
    ],
  });
  expect([...decodeBmp(whole.subarray(0, -1)).pixels]).toEqual([...red, ...blue]);
});

describe('runs', () => {
  const runs = (bits: number, width: number, height: number, ...bytes: number[]) => {
    const compression = bits === 8 ? 1 : 2;
    const made = bmp({ bits, width, height, compression, palette, rows: [bytes] });
    return [...decodeBmp(made.subarray(0, made.length - ((4 - (bytes.length % 4)) % 4))).pixels];
  };

  test.each([
    [
      'of bytes, and single ones between, rows from the bottom',
      8,
      [2, 1, 1, 0, 0, 0, 0, 3, 0, 1, 1, 0, 0, 1],
      [red, blue, blue, blue, blue, red],
    ],
    ['of nibbles that take turns', 4, [3, 0x11, 0, 0, 3, 0x01, 0, 1], [red, blue, red, blue, blue, blue]],
    ['of single nibbles', 4, [0, 3, 0x01, 0x10, 0, 0, 3, 0, 0, 1], [red, red, red, red, blue, blue]],
    ['without an end', 8, [3, 1, 0, 0, 3, 0], [red, red, red, blue, blue, blue]],
    ['that reach over the row', 8, [200, 1, 0, 0, 3, 0, 0, 1], [red, red, red, blue, blue, blue]],
  ])('%s', (_, bits, bytes, expected) => {
    expect(runs(bits, 3, 2, ...bytes)).toEqual(expected.flat());
  });

  test('what is skipped has the first colour', () => {
    expect(runs(8, 3, 2, 1, 1, 0, 2, 1, 1, 1, 1, 0, 1)).toEqual([red, red, blue, blue, red, red].flat());
  });

  test('that end too early are refused', () => {
    expect(() => runs(8, 3, 2, 3, 1, 0, 0, 2, 1)).toThrow('BMP: pixel data is cut off');
  });
});

test('a size is told before decoding, with rows from either end', () => {
  const row = Array<number>(30).fill(0);
  expect(peekImage(bmp({ bits: 24, width: 10, height: -9, rows: Array(9).fill(row) }))).toMatchObject({
    width: 10,
    height: 9,
  });
});

test.each<[string, Buffer]>([
  ['cut off', bmp({ bits: 24, width: 3, rows: [[1, 2, 3, 4, 5, 6, 7, 8, 9]] }).subarray(0, -4)],
  ['runs of 24 bits', bmp({ bits: 24, width: 3, compression: 4, palette, rows: [[0, 1, 1]] })],
  ['2 bits', bmp({ bits: 2, width: 2, rows: [[0, 0, 0, 0]] })],
  ['an index beyond the palette', bmp({ bits: 8, width: 3, palette, rows: [[0, 1, 2]] })],
  ['a JPEG inside', bmp({ bits: 24, width: 1, compression: 4, rows: [[0, 0, 0]] })],
])('%s is refused', (_, file) => {
  expect(() => decodeBmp(file)).toThrow(/^BMP: /);
});
