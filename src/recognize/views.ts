import type { Bitmap } from './bmp.ts';
import { closeUp, type Nearness } from './closeUp.ts';
import { columnsAt, type InputShape, resize, targetWidth } from './resize.ts';
import { withoutThinStrokes } from './thinStrokes.ts';

/** Nearer than the first look, at whatever size the text has: marks around it are cut off too. */
const TIGHT: Nearness = { outside: 0.06, large: 1 };
const WIDER = 1.3;
const NARROWER = 0.8;
/** Share of a channel's pixels that may become black, and of those that may become white. */
const CLIPPED = 0.01;
/** Levels between a pixel's channels, on average, from which on they show different things. */
const COLOURFUL = 25;
/** Width by height up to which a picture is narrow: its letters may be small at the usual rows. */
const NARROW = 2.5;

/** What the net sees of a picture first: its text from near. */
export function firstView(picture: Bitmap, shape: InputShape): Bitmap {
  return toInput(closeUp(picture), shape);
}

/**
 * Further looks at a picture that was read unsurely, ready for the net, in stages: the next is drawn when it is asked
 * for. First more rows, which show finer strokes, and narrower ones for letters that were drawn wide; a tight and wider
 * look, which leaves out marks beside the text and gives crowded letters room; full contrast, which lifts pale letters.
 * Then each channel, where they differ: in one a line may be gone, or a letter stand out, that is of another colour than
 * the rest; and still more rows for a narrow picture. At the end, without thin strokes.
 */
export function* furtherViews(picture: Bitmap, shape: InputShape): Generator<Bitmap[], void> {
  const near = closeUp(picture);
  const full = fullContrast(near);
  yield [
    toTall(near, shape),
    toTall(near, shape, NARROWER),
    toInput(closeUp(picture, TIGHT), shape, WIDER),
    toInput(full, shape),
  ];
  const last: Bitmap[] = [];
  if (isColourful(full))
    for (const channel of [0, 1, 2]) last.push(toTall(onlyChannel(full, channel), shape));
  if (near.width <= NARROW * near.height) last.push(toHighest(near, shape));
  if (last.length > 0) yield last;
  const bare = withoutThinStrokes(picture);
  if (bare === undefined) return;
  const nearBare = closeUp(bare);
  yield [toInput(nearBare, shape), toTall(nearBare, shape)];
}

function toInput(image: Bitmap, shape: InputShape, stretch = 1): Bitmap {
  return resize(image, targetWidth(image.width, image.height, shape, stretch), shape.height);
}

function toTall(image: Bitmap, shape: InputShape, stretch = 1): Bitmap {
  const columns = targetWidth(image.width, image.height, shape, stretch);
  return resize(image, columnsAt(shape.tall, columns, shape), shape.tall);
}

/** In proportion: from so near nothing needs more columns. */
function toHighest(image: Bitmap, shape: InputShape): Bitmap {
  const columns = (shape.height * image.width) / image.height;
  return resize(image, Math.max(shape.height, columnsAt(shape.highest, columns, shape)), shape.highest);
}

function isColourful({ rgb }: Bitmap): boolean {
  let sum = 0;
  for (let i = 0; i < rgb.length; i += 3) {
    const [red, green, blue] = [rgb[i]!, rgb[i + 1]!, rgb[i + 2]!];
    sum += Math.max(red, green, blue) - Math.min(red, green, blue);
  }
  return sum >= (COLOURFUL * rgb.length) / 3;
}

/** In greys. */
function onlyChannel({ width, height, rgb }: Bitmap, channel: number): Bitmap {
  const grey = new Uint8Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) grey.fill(rgb[i + channel]!, i, i + 3);
  return { width, height, rgb: grey };
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
