/** Less difference than this between the darkest and the lightest pixel and there is nothing to read. */
const LEAST_CONTRAST = 24;

/**
 * Red, green, blue of an image's frames, from pixels of 1 to 4 channels (grey, grey + alpha, RGB, RGB + alpha), on
 * each ground that may show what is drawn, the likeliest first. What is transparent is laid on white, as browsers and
 * mail readers show it; where that hides all or most of the drawing, on black; where that does too, on grey. All
 * frames get the same ground: where it changed, that would pass for something drawn.
 */
export function flatten(frames: readonly Uint8Array[], channels: number): Uint8Array[][] {
  if (channels === 3) return [[...frames]];
  const grounds = channels === 1 || isOpaque(frames, channels) ? [WHITE] : groundsOf(frames, channels);
  return grounds.map((ground) => frames.map((pixels) => layOn(ground, pixels, channels)));
}

const WHITE = 255;
const GREY = 128;
const BLACK = 0;

function isOpaque(frames: readonly Uint8Array[], channels: number): boolean {
  for (const frame of frames)
    for (let i = channels - 1; i < frame.length; i += channels) if (frame[i]! < 255) return false;
  return true;
}

function groundsOf(frames: readonly Uint8Array[], channels: number): number[] {
  const shows = (ground: number) => contrastOn(ground, frames, channels) >= LEAST_CONTRAST;
  if (!shows(WHITE)) return [shows(BLACK) ? BLACK : GREY];
  const { pixels, drawn, pale } = survey(frames, channels);
  // White letters among dark noise, or dark ones among white noise. More than half of a picture is no lettering, but
  // a sheet with letters on it.
  return pale > drawn / 2 && drawn < pixels / 2 ? [BLACK, WHITE] : [WHITE];
}

/** How many pixels there are, how many are drawn, and how many of those white hides; half opaque ones count half. */
function survey(frames: readonly Uint8Array[], channels: number) {
  let [pixels, drawn, pale] = [0, 0, 0];
  for (const frame of frames) {
    pixels += frame.length / channels;
    for (let i = 0; i < frame.length; i += channels) {
      const alpha = frame[i + channels - 1]! / 255;
      let darkest = 255;
      for (let c = 0; c < channels - 1; c++) darkest = Math.min(darkest, frame[i + c]!);
      drawn += alpha;
      if ((255 - darkest) * alpha < LEAST_CONTRAST) pale += alpha;
    }
  }
  return { pixels, drawn, pale };
}

function layOn(ground: number, pixels: Uint8Array, channels: number): Uint8Array {
  const count = pixels.length / channels;
  const hasAlpha = channels === 2 || channels === 4;
  const colours = channels - (hasAlpha ? 1 : 0);
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const from = i * channels;
    const alpha = hasAlpha ? pixels[from + colours]! : 255;
    for (let c = 0; c < 3; c++)
      rgb[i * 3 + c] = blend(pixels[from + (colours === 3 ? c : 0)]!, alpha, ground);
  }
  return rgb;
}

function blend(value: number, alpha: number, ground: number): number {
  return alpha === 255 ? value : Math.round((value * alpha + ground * (255 - alpha)) / 255);
}

function contrastOn(ground: number, frames: readonly Uint8Array[], channels: number): number {
  let widest = 0;
  for (let c = 0; c < channels - 1; c++) {
    let low = 255;
    let high = 0;
    for (const frame of frames) {
      for (let i = 0; i < frame.length; i += channels) {
        const value = blend(frame[i + c]!, frame[i + channels - 1]!, ground);
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    widest = Math.max(widest, high - low);
  }
  return widest;
}
