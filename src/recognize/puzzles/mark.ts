import type { Bitmap } from '../bmp.ts';

/** Something in a picture that may have to be clicked, by its centre. */
export interface Mark {
  x: number;
  y: number;
  /** Of the square that holds it. */
  side: number;
  /** 0 to 1, how sure it is one; at 0.2 it is as likely one as not. */
  sureness: number;
}

export interface Crops {
  picture: Bitmap;
  marks: readonly Mark[];
}

/** How a mark is cut out: `height` pixels of the result show `margin` of its side, turned by `turn` radians. */
interface Cut {
  width: number;
  height: number;
  margin: number;
  turn: number;
}

/** Writes the part around a mark to `out` from `at` on, bilinear; beyond the picture its edge goes on. */
export function cutOut(
  { width, height, rgb }: Bitmap,
  mark: Mark,
  cut: Cut,
  out: Float32Array | Uint8ClampedArray,
  at = 0,
): void {
  const step = (mark.side * cut.margin) / cut.height;
  const across = Math.cos(cut.turn) * step;
  const down = Math.sin(cut.turn) * step;
  for (let i = 0; i < cut.width * cut.height; i++) {
    const u = (i % cut.width) - cut.width / 2;
    const v = Math.floor(i / cut.width) - cut.height / 2;
    const x = Math.min(Math.max(mark.x + u * across - v * down, 0), width - 1.001);
    const y = Math.min(Math.max(mark.y + u * down + v * across, 0), height - 1.001);
    const from = (Math.floor(y) * width + Math.floor(x)) * 3;
    for (let c = 0; c < 3; c++) {
      const p = from + c;
      const q = p + width * 3;
      const above = rgb[p]! + (rgb[p + 3]! - rgb[p]!) * (x % 1);
      const below = rgb[q]! + (rgb[q + 3]! - rgb[q]!) * (x % 1);
      out[at + i * 3 + c] = above + (below - above) * (y % 1);
    }
  }
}
