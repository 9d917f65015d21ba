import type { Rim } from './piece.ts';
import type { Pixels } from './pixels.ts';

/** Slope of the brightest change among the colours, both directions, bounded so that no edge outweighs all. */
export interface Slopes {
  width: number;
  x: Float32Array;
  y: Float32Array;
}

/** A slope of as many grey levels a pixel counts half: faint gaps are seen, and strong edges do not shout. */
const HALF = 8;

/** Slopes by Sobel's filter; none at the edge of the picture. */
export function slopesOf({ width, height, rgb }: Pixels): Slopes {
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

/** How well slopes run across a rim: whatever their signs, and with them (a plain step has one all around). */
export interface Outline {
  across: number;
  agreed: number;
}

/** A rim over slopes, asked at one corner after another; `step` takes only every so many places of it. */
export function outlineMeter(rim: Rim, { width, x, y }: Slopes, step = 1): (corner: Corner) => Outline {
  const places = Array.from(rim.x.keys()).filter((i) => i % step === 0);
  const offsets = Int32Array.from(places, (i) => Math.round(rim.y[i]!) * width + Math.round(rim.x[i]!));
  const outX = Float32Array.from(places, (i) => rim.outX[i]!);
  const outY = Float32Array.from(places, (i) => rim.outY[i]!);
  const count = places.length;
  return (corner) => {
    const from = corner.y * width + corner.x;
    let across = 0;
    let agreed = 0;
    for (let i = 0; i < count; i++) {
      // Beyond the picture there is nothing: typed arrays answer undefined, and such places count as flat.
      const at = from + offsets[i]!;
      if (at < 0 || at >= x.length) continue;
      const slope = x[at]! * outX[i]! + y[at]! * outY[i]!;
      across += slope < 0 ? -slope : slope;
      agreed += slope;
    }
    return { across: across / count, agreed: Math.abs(agreed) / count };
  };
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
export function peaksOf(range: Range, most: number, scoreOf: (corner: Corner) => number): Corner[] {
  const columns = range.right - range.left + 1;
  const rows = range.bottom - range.top + 1;
  const scores = new Float32Array(columns * rows);
  const corner = { x: 0, y: 0 };
  for (let i = 0; i < scores.length; i++) {
    corner.x = range.left + (i % columns);
    corner.y = range.top + Math.floor(i / columns);
    scores[i] = scoreOf(corner);
  }
  const isPeak = (i: number) => {
    const x = i % columns;
    const y = (i - x) / columns;
    for (let v = Math.max(0, y - 2); v <= Math.min(rows - 1, y + 2); v++) {
      for (let u = Math.max(0, x - 2); u <= Math.min(columns - 1, x + 2); u++) {
        if (scores[v * columns + u]! > scores[i]!) return false;
      }
    }
    return true;
  };
  return Array.from(scores.keys())
    .filter(isPeak)
    .sort((a, b) => scores[b]! - scores[a]!)
    .slice(0, most)
    .map((i) => ({ x: range.left + (i % columns), y: range.top + Math.floor(i / columns) }));
}
