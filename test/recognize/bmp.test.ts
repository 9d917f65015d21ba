import { expect, test } from 'vitest';
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
  old?: boolean;
}

/** A BMP with a 40-byte header, or the OS/2 one of 12 bytes. */
function bmp({
  bits,
  rows,
  width,
  height = rows.length,
  palette = [],
  compression = 0,
  old = false,
}: Made): Buffer {
  const header = Buffer.alloc(14 + (old ? 12 : 40));
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
  }
  const padded = rows.map((row) => [...row, ...Array<number>((4 - (row.length % 4)) % 4).fill(0)]);
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(padded.flat())]);
}

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
])('%s', (_, made) => {
  const { width, height, rgb } = decodeBmp(bmp(made));
  expect([width, height, [...rgb]]).toEqual([3, 2, [...red, ...white, ...white, ...blue, ...blue, ...red]]);
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
  expect([...decodeBmp(bmp(made)).rgb]).toEqual([...red, ...blue, ...blue]);
});

test('a size is told before decoding, with rows from either end', () => {
  const row = Array<number>(30).fill(0);
  expect(peekImage(bmp({ bits: 24, width: 10, height: -9, rows: Array(9).fill(row) }))).toMatchObject({
    width: 10,
    height: 9,
  });
});

test.each<[string, Buffer]>([
  ['cut off', bmp({ bits: 24, width: 3, rows: [[1, 2, 3, 4, 5, 6, 7, 8, 9]] }).subarray(0, -1)],
  ['run-length encoded', bmp({ bits: 8, width: 3, compression: 1, palette, rows: [[0, 1, 1]] })],
  ['16 bits', bmp({ bits: 16, width: 2, rows: [[0, 0, 0, 0]] })],
  ['an index beyond the palette', bmp({ bits: 8, width: 3, palette, rows: [[0, 1, 2]] })],
  ['a JPEG inside', bmp({ bits: 24, width: 1, compression: 4, rows: [[0, 0, 0]] })],
])('%s is refused', (_, file) => {
  expect(() => decodeBmp(file)).toThrow(/^BMP: /);
});
