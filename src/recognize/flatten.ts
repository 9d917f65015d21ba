/** Less difference than this between the darkest and the lightest pixel and there is nothing to read. */
const LEAST_CONTRAST = 24;

/**
 * Red, green, blue from pixels of 1 to 4 channels (grey, grey + alpha, RGB, RGB + alpha). What is transparent
 * is laid on white, as browsers and mail readers show it; where that leaves nothing to see, on black or grey.
 */
export function flatten(pixels: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return pixels;
  const onWhite = layOn(255, pixels, channels);
  if (channels === 1 || contrast(onWhite) >= LEAST_CONTRAST) return onWhite;
  const onBlack = layOn(0, pixels, channels);
  return contrast(onBlack) >= LEAST_CONTRAST ? onBlack : layOn(128, pixels, channels);
}

function layOn(background: number, pixels: Uint8Array, channels: number): Uint8Array {
  const count = pixels.length / channels;
  const hasAlpha = channels === 2 || channels === 4;
  const colours = channels - (hasAlpha ? 1 : 0);
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) {
    const from = i * channels;
    const alpha = hasAlpha ? pixels[from + colours]! : 255;
    for (let c = 0; c < 3; c++) {
      const value = pixels[from + (colours === 3 ? c : 0)]!;
      rgb[i * 3 + c] = alpha === 255 ? value : Math.round((value * alpha + background * (255 - alpha)) / 255);
    }
  }
  return rgb;
}

function contrast(rgb: Uint8Array): number {
  let widest = 0;
  for (let c = 0; c < 3; c++) {
    let low = 255;
    let high = 0;
    for (let i = c; i < rgb.length; i += 3) {
      const value = rgb[i]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    widest = Math.max(widest, high - low);
  }
  return widest;
}
