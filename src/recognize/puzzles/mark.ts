import type { Bitmap } from '../bmp.ts';
import { sample } from './sample.ts';

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
  picture: Bitmap,
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
    const x = mark.x + u * across - v * down;
    const y = mark.y + u * down + v * across;
    sample(picture, x, y, out, at + i * 3);
  }
}
