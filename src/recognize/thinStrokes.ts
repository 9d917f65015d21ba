import type { Bitmap } from './bmp.ts';
import { resize } from './resize.ts';

/** Radius of the disc that has to fit into a stroke, in heights of the picture: thinner ones fall away. */
const RADIUS = 1 / 74;
/** Rows from which on that is a pixel or nearly so: below, letters themselves are that thin. */
const LEAST_ROWS = 60;
/** Larger pictures are reduced to this first, lest they keep the thread for long. */
const MOST_ROWS = 256;
const MOST_COLUMNS = 1024;

/**
 * The picture without its thinnest strokes, as lines and speckle often are where letters are broad: a morphological
 * closing by a disc where the paper is light, an opening where it is dark. Nothing of a picture of few rows.
 */
export function withoutThinStrokes(picture: Bitmap): Bitmap | undefined {
  if (picture.height < LEAST_ROWS) return undefined;
  const small = reduced(picture);
  const radius = Math.max(1, RADIUS * small.height);
  return isOnLight(small) ? closed(small, radius) : negative(closed(negative(small), radius));
}

function reduced(picture: Bitmap): Bitmap {
  const scale = Math.min(1, MOST_ROWS / picture.height, MOST_COLUMNS / picture.width);
  if (scale === 1) return picture;
  const [width, height] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  );
  return resize(picture, width!, height!);
}

/** Whether half of the picture or more is lighter than a middle grey. */
function isOnLight({ rgb }: Bitmap): boolean {
  let light = 0;
  for (let i = 0; i < rgb.length; i += 3)
    if (0.299 * rgb[i]! + 0.587 * rgb[i + 1]! + 0.114 * rgb[i + 2]! >= 128) light++;
  return light >= rgb.length / 6;
}

/** Without what is dark and too narrow for a disc of `radius`. */
function closed(picture: Bitmap, radius: number): Bitmap {
  return negative(greatest(negative(greatest(picture, radius)), radius));
}

/** Of each channel the greatest value within `radius` of each pixel. */
function greatest({ width, height, rgb }: Bitmap, radius: number): Bitmap {
  const line = width * 3;
  const reach = Math.floor(radius);
  const out = new Uint8Array(rgb.length);
  // Rows of the disc from its ends to its middle: each is as long as the one before or longer.
  let across = rgb;
  let half = 0;
  for (let far = reach; far >= 0; far--) {
    for (; half < Math.floor(Math.sqrt(radius * radius - far * far)); half++)
      across = besides(across, line, half === 0);
    for (const down of far === 0 ? [0] : [-far, far]) {
      const shift = down * line;
      const end = rgb.length - Math.max(0, shift);
      for (let i = Math.max(0, -shift); i < end; i++) {
        if (across[i]! > out[i + shift]!) out[i + shift] = across[i]!;
      }
    }
  }
  return { width, height, rgb: out };
}

/**
 * The greater of both neighbours in a row, or of them and the pixel itself: of what reaches over several pixels
 * already, the neighbours' hold its own.
 */
function besides(rgb: Uint8Array, line: number, withItself: boolean): Uint8Array {
  const out = withItself ? Uint8Array.from(rgb) : new Uint8Array(rgb.length);
  for (let start = 0; start < rgb.length; start += line) {
    for (let i = start; i < start + line - 3; i++) {
      if (rgb[i + 3]! > out[i]!) out[i] = rgb[i + 3]!;
      if (rgb[i]! > out[i + 3]!) out[i + 3] = rgb[i]!;
    }
  }
  return out;
}

function negative({ width, height, rgb }: Bitmap): Bitmap {
  return { width, height, rgb: rgb.map((value) => 255 - value) };
}
