import type { Bitmap } from './bmp.ts';
import { closeUp, type Nearness } from './closeUp.ts';
import { atTall, type InputShape, resize, targetWidth } from './resize.ts';

/** Nearer than the first look, at whatever size the text has: marks around it are cut off too. */
const TIGHT: Nearness = { outside: 0.06, large: 1 };
const WIDER = 1.3;
const NARROWER = 0.8;
/** Share of a channel's pixels that may become black, and of those that may become white. */
const CLIPPED = 0.01;

/** What the net sees of a picture first: its text from near. */
export function firstView(picture: Bitmap, shape: InputShape): Bitmap {
  return toInput(closeUp(picture), shape);
}

/**
 * Other looks at a picture that was read unsurely, ready for the net. More rows show finer strokes, and narrower ones
 * letters that were drawn wide; a tight and wider one leaves out marks beside the text and gives crowded letters room;
 * full contrast lifts pale letters.
 */
export function otherViews(picture: Bitmap, shape: InputShape): Bitmap[] {
  const near = closeUp(picture);
  const tight = closeUp(picture, TIGHT);
  return [
    toTall(near, shape),
    toTall(near, shape, NARROWER),
    toInput(tight, shape, WIDER),
    toInput(fullContrast(near), shape),
  ];
}

function toInput(image: Bitmap, shape: InputShape, stretch = 1): Bitmap {
  return resize(image, targetWidth(image.width, image.height, shape, stretch), shape.height);
}

function toTall(image: Bitmap, shape: InputShape, stretch = 1): Bitmap {
  return resize(image, atTall(targetWidth(image.width, image.height, shape, stretch), shape), shape.tall);
}

/** Each channel stretched so that it reaches from black to white. */
function fullContrast({ width, height, rgb }: Bitmap): Bitmap {
  const stretched = new Uint8ClampedArray(rgb.length);
  for (let channel = 0; channel < 3; channel++) {
    const [low, high] = range(rgb, channel);
    const gain = 255 / Math.max(1, high - low);
    for (let i = channel; i < rgb.length; i += 3) stretched[i] = (rgb[i]! - low) * gain;
  }
  return { width, height, rgb: new Uint8Array(stretched.buffer) };
}

/** The values between which all but CLIPPED of a channel lies at either end. */
function range(rgb: Uint8Array, channel: number): [number, number] {
  const counts = new Uint32Array(256);
  for (let i = channel; i < rgb.length; i += 3) counts[rgb[i]!]!++;
  const beyond = (CLIPPED * rgb.length) / 3;
  let low = 0;
  for (let seen = counts[0]!; seen <= beyond && low < 255; seen += counts[++low]!);
  let high = 255;
  for (let seen = counts[255]!; seen <= beyond && high > low; seen += counts[--high]!);
  return [low, high];
}
