import type { BmpHeader } from './bmpHeader.ts';

const END_OF_ROW = 0;
const END = 1;
const SKIP = 2;

/**
 * Palette indices, one a byte, of a run-length encoded BMP of 4 or 8 bits, rows in the file's order. What the runs
 * leave out has index 0.
 * @throws Error when they end before the picture does
 */
export function unpackRuns(runs: Uint8Array, { width, height, bits }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  let [at, x, y] = [0, 0, 0];

  /** Writes `count` indices, and none beyond the row: a million runs there would take seconds. */
  function write(count: number, indexOf: (i: number) => number): void {
    const written = Math.min(count, width - x);
    for (let i = 0; i < written; i++) indices[y * width + x + i] = indexOf(i);
    x += count;
  }

  while (at + 2 <= runs.length && y < height) {
    const [count, value] = [runs[at]!, runs[at + 1]!];
    at += 2;
    if (count > 0) {
      write(count, (i) => (bits === 8 ? value : nibble(value, i)));
    } else if (value === END) {
      return indices;
    } else if (value === END_OF_ROW) {
      x = 0;
      y += 1;
    } else if (value === SKIP) {
      x += runs[at] ?? 0;
      y += runs[at + 1] ?? 0;
      at += 2;
    } else {
      const from = at;
      write(value, (i) => (bits === 8 ? runs[from + i]! : nibble(runs[from + (i >> 1)]!, i)));
      at += 2 * Math.ceil((value * bits) / 16);
    }
  }
  const isWhole = y >= height || (y === height - 1 && x >= width);
  if (!isWhole) throw new Error('BMP: pixel data is cut off');
  return indices;
}

function nibble(byte: number, i: number): number {
  return i % 2 === 0 ? byte >> 4 : byte & 15;
}
