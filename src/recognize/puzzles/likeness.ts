import type { Corner } from './outline.ts';
import { depths, type Piece, type Rim } from './piece.ts';
import type { Pixels } from './pixels.ts';

/** Pixels of a piece, each with the place in the background (seen from the piece's corner) to compare it with. */
interface Pairs {
  colour: Uint8Array;
  x: Int32Array;
  y: Int32Array;
}

/** The piece's inside against the same place: gaps that let the background through show the piece's own texture. */
export function insidePairs(piece: Piece): Pairs {
  const depth = depths(piece);
  // At the rim pieces have bevels and shadows.
  const rim = Math.min(6, Math.floor(Math.min(piece.width, piece.height) / 8));
  const places = Array.from(depth.keys()).filter((at) => depth[at]! > rim);
  return {
    colour: Uint8Array.from(places.flatMap((at) => [...piece.rgb.subarray(at * 3, at * 3 + 3)])),
    x: Int32Array.from(places, (at) => at % piece.width),
    y: Int32Array.from(places, (at) => Math.floor(at / piece.width)),
  };
}

/** Pixels that far inside the rim, and as far outside of it, are taken for neighbours. */
const INSIDE = 4;
const OUTSIDE = 3;

/** The piece's rim against what lies just outside: where the piece belongs, the picture goes on. */
export function borderPairs(piece: Piece, rim: Rim): Pairs {
  const colour = Array.from(rim.x.keys(), (i) => {
    const x = clamp(Math.round(rim.x[i]! - INSIDE * rim.outX[i]!), piece.width - 1);
    const y = clamp(Math.round(rim.y[i]! - INSIDE * rim.outY[i]!), piece.height - 1);
    const at = (y * piece.width + x) * 3;
    return [...piece.rgb.subarray(at, at + 3)];
  });
  return {
    colour: Uint8Array.from(colour.flat()),
    x: Int32Array.from(rim.x, (x, i) => Math.round(x + OUTSIDE * rim.outX[i]!)),
    y: Int32Array.from(rim.y, (y, i) => Math.round(y + OUTSIDE * rim.outY[i]!)),
  };
}

const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/** Variance, in grey levels squared, below which the background counts as plain: its noise is no texture. */
const PLAIN = 16;

/** Correlation of the pairs' colours, brightness and contrast aside: 0 (nothing, or opposite) to 1. */
export function likeness({ colour, x, y }: Pairs, background: Pixels, corner: Corner): number {
  const { width, height, rgb } = background;
  let shared = 0;
  let own = 0;
  for (let c = 0; c < 3; c++) {
    let [n, a, b, aa, bb, ab] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const u = corner.x + x[i]!;
      const v = corner.y + y[i]!;
      if (u < 0 || v < 0 || u >= width || v >= height) continue;
      const p = colour[i * 3 + c]!;
      const q = rgb[(v * width + u) * 3 + c]!;
      n += 1;
      a += p;
      b += q;
      aa += p * p;
      bb += q * q;
      ab += p * q;
    }
    if (n === 0) continue;
    const variance = aa - (a * a) / n;
    // Colours weigh as much as they vary in the piece.
    shared += (ab - (a * b) / n) * Math.sqrt(variance / (bb - (b * b) / n + PLAIN * n));
    own += variance;
  }
  return own > 0 ? Math.max(0, shared / own) : 0;
}
