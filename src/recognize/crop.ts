import type { Bitmap } from './bmp.ts';

/** `right` and `bottom` are the first column and row outside. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The part of a picture in a box that lies within it, as a copy. */
export function crop({ width, rgb }: Bitmap, { left, top, right, bottom }: Box): Bitmap {
  const inner = { width: right - left, height: bottom - top };
  const kept = new Uint8Array(inner.width * inner.height * 3);
  for (let y = 0; y < inner.height; y++) {
    const from = ((y + top) * width + left) * 3;
    kept.set(rgb.subarray(from, from + inner.width * 3), y * inner.width * 3);
  }
  return { ...inner, rgb: kept };
}
