import { MOST_PIECES } from './walk.ts';

const TRAILER = 0x3b;
/** Disposal: what the frame covered is as if nothing had been drawn. */
const CLEAR = 2;

/** Canvas size and number of frames. */
export interface Animation {
  width: number;
  height: number;
  frames: number;
  /** In a GIF whose frames leave some of its canvas bare, and which names no transparent colour: where it ends. */
  bareUntil?: number;
  /** Of a GIF, its frames that are cleared away and name no transparent colour. */
  cleared?: readonly Cleared[];
}

/** Where a frame's graphic control begins, and its data; and the least number that is no colour of its table. */
export interface Cleared {
  control: number;
  data: number;
  unused: number;
}

/**
 * Counts a GIF's frames by walking its blocks. A frame that reaches over the canvas makes the file broken:
 * decoders have written out of bounds on it. One of more than MOST_PIECES counts as broken too.
 * @throws RangeError when the file ends before its first frame
 */
export function peekGif(view: DataView): Animation | undefined {
  const version = view.getUint32(2);
  if (view.getUint16(0) !== 0x4749 || (version !== 0x46383761 && version !== 0x46383961)) return undefined;
  const width = view.getUint16(6, true);
  const height = view.getUint16(8, true);
  let frames = 0;
  let pieces = 0;
  let isBare = false;
  let isTransparent = false;
  let isCut = false;
  let control: number | undefined;
  const cleared: Cleared[] = [];

  /** Where the next block begins; the end of the file when it is cut off, or not worth walking. */
  function afterSubBlocks(start: number): number {
    let end = start;
    while (end < view.byteLength && ++pieces <= MOST_PIECES) {
      const length = view.getUint8(end);
      end += 1 + length;
      if (length === 0) return end;
    }
    isCut = true;
    return view.byteLength;
  }

  function noteCleared(localFlags: number, data: number): void {
    if (control === undefined) return;
    const flags = view.getUint8(control + 3);
    const unused = colourTableBytes(localFlags & 0x80 ? localFlags : view.getUint8(10)) / 3;
    if ((flags & 1) === 0 && ((flags >> 2) & 7) === CLEAR && unused > 0)
      cleared.push({ control, data, unused });
    control = undefined;
  }

  let at = 13 + colourTableBytes(view.getUint8(10));
  while (at < view.byteLength) {
    const block = view.getUint8(at);
    if (block === 0x21) {
      if (at + 7 < view.byteLength && view.getUint8(at + 1) === 0xf9) {
        control = at;
        isTransparent ||= (view.getUint8(at + 3) & 1) === 1;
      }
      at = afterSubBlocks(at + 2);
    } else if (block === 0x2c && at + 10 < view.byteLength) {
      const [left, top] = [view.getUint16(at + 1, true), view.getUint16(at + 3, true)];
      const right = left + view.getUint16(at + 5, true);
      const bottom = top + view.getUint16(at + 7, true);
      if (right > width || bottom > height) return undefined;
      isBare ||= left > 0 || top > 0 || right < width || bottom < height;
      frames += 1;
      const data = at + 10 + colourTableBytes(view.getUint8(at + 9));
      noteCleared(view.getUint8(at + 9), data);
      at = afterSubBlocks(data + 1);
    } else {
      break; // the trailer, or rubbish that the decoder judges
    }
  }
  if (pieces > MOST_PIECES) return undefined;
  // Some encoders write no trailer.
  const isWhole =
    !isCut && (at === view.byteLength || (at < view.byteLength && view.getUint8(at) === TRAILER));
  return {
    width,
    height,
    frames,
    ...(isBare && !isTransparent && isWhole ? { bareUntil: at } : {}),
    ...(frames > 1 && cleared.length > 0 ? { cleared } : {}),
  };
}

function colourTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
