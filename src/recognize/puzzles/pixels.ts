import { decodeLayers } from '../decode.ts';
import { peekImage } from '../peek.ts';
import { covered, resize } from '../resize.ts';

/** A still picture with its transparency; three bytes and one a pixel. */
export interface Pixels {
  width: number;
  height: number;
  rgb: Uint8Array;
  /** Absent where nothing is transparent. */
  alpha: Uint8Array | undefined;
}

/**
 * The first frame of an image.
 * @throws Error, with a cause for the log only, when the decoder refuses it
 */
export async function openPixels(image: Uint8Array): Promise<Pixels> {
  const peeked = peekImage(image);
  if (!peeked) throw new Error('no image');
  const [layer] = await decodeLayers(image, peeked, 1);
  if (!layer) throw new Error('no frame');
  const { width, height, channels, pixels } = layer;
  const count = width * height;
  const rgb = new Uint8Array(count * 3);
  const hasAlpha = channels === 2 || channels === 4;
  const step = channels < 3 ? 0 : 1;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = pixels[i * channels + c * step]!;
  }
  if (!hasAlpha) return { width, height, rgb, alpha: undefined };
  const alpha = new Uint8Array(count);
  let least = 255;
  for (let i = 0; i < count; i++) {
    alpha[i] = pixels[i * channels + channels - 1]!;
    least = Math.min(least, alpha[i]!);
  }
  return { width, height, rgb, alpha: least === 255 ? undefined : alpha };
}

/** Shrinks by `scale` (at most 1), each pixel the mean of what it covers; colours count as much as they are opaque. */
export function shrink(picture: Pixels, scale: number): Pixels {
  if (scale >= 1) return picture;
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  if (!picture.alpha) return { ...resize(picture, width, height), alpha: undefined };
  const wide = picture.width;
  const across = Array.from({ length: width }, (_, x) => covered(picture.width, width, x));
  const rgb = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  const sums = new Float32Array(width * 4);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    const [top, heights] = covered(picture.height, height, y);
    for (let k = 0; k < heights.length; k++) {
      for (let x = 0; x < width; x++) {
        const [left, widths] = across[x]!;
        for (let i = 0; i < widths.length; i++) {
          const at = (top + k) * wide + left + i;
          const solid = heights[k]! * widths[i]! * picture.alpha[at]!;
          sums[x * 4]! += solid * picture.rgb[at * 3]!;
          sums[x * 4 + 1]! += solid * picture.rgb[at * 3 + 1]!;
          sums[x * 4 + 2]! += solid * picture.rgb[at * 3 + 2]!;
          sums[x * 4 + 3]! += solid;
        }
      }
    }
    for (let x = 0; x < width; x++) {
      const whole = Math.max(sums[x * 4 + 3]!, 1e-6);
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] = sums[x * 4 + c]! / whole + 0.5;
      alpha[y * width + x] = sums[x * 4 + 3]! + 0.5;
    }
  }
  return { width, height, rgb, alpha };
}
