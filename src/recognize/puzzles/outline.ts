import type { Bitmap } from '../bmp.ts';
import type { Rim } from './piece.ts';

/** Slope of the brightest change among the colours, both directions, bounded so that no edge outweighs all. */
export interface Slopes {
  width: number;
  x: Float32Array;
  y: Float32Array;
}

/** A slope of as many grey levels a pixel counts half: faint gaps are seen, and strong edges do not shout. */
const HALF = 8;

/** Slopes by Sobel's filter; none at the edge of the picture. */
export function slopesOf({ width, height, rgb }: Bitmap): Slopes {
  const x = new Float32Array(width * height);
  const y = new Float32Array(width * height);
  const row = width * 3;
  for (let v = 1; v < height - 1; v++) {
    for (let u = 1; u < width - 1; u++) {
      const at = v * width + u;
      let bestX = 0;
      let bestY = 0;
      let most = -1;
      for (let p = at * 3; p < at * 3 + 3; p++) {
        const slash = rgb[p + row + 3]! - rgb[p - row - 3]!;
        const backslash = rgb[p - row + 3]! - rgb[p + row - 3]!;
        const dx = slash + backslash + 2 * (rgb[p + 3]! - rgb[p - 3]!);
        const dy = slash - backslash + 2 * (rgb[p + row]! - rgb[p - row]!);
        const length = dx * dx + dy * dy;
        if (length > most) {
          most = length;
          bestX = dx;
          bestY = dy;
        }
      }
      const bound = 1 / (Math.sqrt(most) + 8 * HALF);
      x[at] = bestX * bound;
      y[at] = bestY * bound;
    }
  }
  return { width, x, y };
}

/**
 * How well slopes run across a rim, for each corner of a range, row by row: whatever their signs, and with them
 * (a plain step has one all around).
 */
export interface Outlines {
  across: Float32Array;
  agreed: Float32Array;
}

/**
 * `step` takes only every so many places of the rim. It goes place by place over all corners, so that memory is
 * read in order: several times as fast as corner by corner.
 */
export function outlines(rim: Rim, slopes: Slopes, range: Range, step = 1): Outlines {
  const { width, x, y } = slopes;
  const columns = range.right - range.left + 1;
  const rows = range.bottom - range.top + 1;
  const across = new Float32Array(columns * rows);
  const agreed = new Float32Array(columns * rows);
  const count = Math.ceil(rim.x.length / step);
  for (let place = 0; place < rim.x.length; place += step) {
    const outX = rim.outX[place]! / count;
    const outY = rim.outY[place]! / count;
    const from = (range.top + Math.round(rim.y[place]!)) * width + range.left + Math.round(rim.x[place]!);
    // Below the picture's last row there is nothing, and what is read there counts as flat.
    const within = Math.min(rows, Math.ceil((x.length - from - columns) / width));
    for (let row = 0, to = 0; row < within; row++) {
      let at = from + row * width;
      for (const end = to + columns; to < end; to++, at++) {
        const slope = x[at]! * outX + y[at]! * outY;
        across[to]! += slope < 0 ? -slope : slope;
        agreed[to]! += slope;
      }
    }
  }
  for (let i = 0; i < agreed.length; i++) agreed[i] = Math.abs(agreed[i]!);
  return { across, agreed };
}

/** A place in the background for a piece's top left corner. */
export interface Corner {
  x: number;
  y: number;
}

/** Corners from `left` to `right` and `top` to `bottom`, the last ones included. */
export interface Range {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The `most` corners of a range that score highest, each the highest within two pixels. */
export function peaksOf(range: Range, most: number, scores: Float32Array): Corner[] {
  const columns = range.right - range.left + 1;
  const rows = range.bottom - range.top + 1;
  const peaks: number[] = [];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) if (isPeak(x, y)) peaks.push(y * columns + x);
  }

  function isPeak(x: number, y: number): boolean {
    const score = scores[y * columns + x]!;
    for (let v = Math.max(0, y - 2); v <= Math.min(rows - 1, y + 2); v++) {
      for (let u = Math.max(0, x - 2); u <= Math.min(columns - 1, x + 2); u++) {
        if (scores[v * columns + u]! > score) return false;
      }
    }
    return true;
  }

  return peaks
    .sort((a, b) => scores[b]! - scores[a]!)
    .slice(0, most)
    .map((i) => ({ x: range.left + (i % columns), y: range.top + Math.floor(i / columns) }));
}
