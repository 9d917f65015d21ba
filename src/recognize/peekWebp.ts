import type { Animation } from './peekGif.ts';
import { MOST_PIECES } from './walk.ts';

const tag = (name: string) => Buffer.from(name, 'latin1').readUInt32BE();
const RIFF = tag('RIFF');
const WEBP = tag('WEBP');
const LOSSY = tag('VP8 ');
const LOSSLESS = tag('VP8L');
const EXTENDED = tag('VP8X');
const FRAME = tag('ANMF');

/**
 * Canvas size and number of frames of a WebP.
 * @throws RangeError when its header is cut off
 */
export function peekWebp(view: DataView): Animation | undefined {
  if (view.getUint32(0) !== RIFF || view.getUint32(8) !== WEBP) return undefined;
  switch (view.getUint32(12)) {
    case LOSSY: {
      if (view.getUint8(23) !== 0x9d || view.getUint8(24) !== 0x01 || view.getUint8(25) !== 0x2a)
        return undefined;
      const width = view.getUint16(26, true) & 0x3fff;
      const height = view.getUint16(28, true) & 0x3fff;
      return { width, height, frames: 1 };
    }
    case LOSSLESS: {
      if (view.getUint8(20) !== 0x2f) return undefined;
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, frames: 1 };
    }
    case EXTENDED: {
      const width = (view.getUint32(24, true) & 0xffffff) + 1;
      const height = (view.getUint32(26, true) >>> 8) + 1;
      const frames = countFrames(view);
      return frames === undefined ? undefined : { width, height, frames: Math.max(1, frames) };
    }
    default:
      return undefined;
  }
}

/** Undefined when there are too many pieces to count. */
function countFrames(view: DataView): number | undefined {
  let frames = 0;
  let pieces = 0;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    if (++pieces > MOST_PIECES) return undefined;
    if (view.getUint32(at) === FRAME) frames += 1;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length & 1);
  }
  return frames;
}
