import type { Bitmap } from './bmp.ts';

/** Levels by which a channel of a picture may vary that shows nothing: what JPEG makes of one colour. */
const most = 5;

/** Whether a picture is of one colour: asked for digits, the net would see one, where there is nothing to see. */
export function isBlank({ rgb }: Bitmap): boolean {
  for (let channel = 0; channel < 3; channel++) {
    let low = 255;
    let high = 0;
    for (let i = channel; i < rgb.length; i += 3) {
      const value = rgb[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
      if (high - low > most) return false;
    }
  }
  return true;
}
