import type { Bitmap } from '../bmp.ts';

/**
 * Writes the colour at a place to `out`, its three values from `at` on and `apart` from each other: bilinear between the
 * pixels, of which the first lies at 0; beyond the picture its edge goes on.
 */
export function sample(
  { width, height, rgb }: Bitmap,
  across: number,
  down: number,
  out: Float32Array | Uint8ClampedArray,
  at: number,
  apart = 1,
): void {
  // A thousandth before the last pixel there is a next one still, unless there is but one at all.
  const x = Math.max(Math.min(across, width - 1.001), 0);
  const y = Math.max(Math.min(down, height - 1.001), 0);
  const nextAcross = width > 1 ? 3 : 0;
  const nextDown = height > 1 ? width * 3 : 0;
  const left = Math.floor(x);
  const top = Math.floor(y);
  for (let c = 0; c < 3; c++) {
    const p = (top * width + left) * 3 + c;
    const q = p + nextDown;
    const above = rgb[p]! + (rgb[p + nextAcross]! - rgb[p]!) * (x - left);
    const below = rgb[q]! + (rgb[q + nextAcross]! - rgb[q]!) * (x - left);
    out[at + c * apart] = above + (below - above) * (y - top);
  }
}
