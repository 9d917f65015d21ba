import { isBare } from './jpegScans.ts';
import { type Animation, peekGif } from './peekGif.ts';
import { peekWebp } from './peekWebp.ts';
import { MOST_PIECES } from './walk.ts';

/** What an image says of itself in its header. */
export interface Peeked extends Animation {
  format: 'png' | 'jpeg' | 'gif' | 'webp' | 'bmp';
}

/**
 * Format, size and number of frames from the header bytes alone, before any decoder sees them; undefined when
 * it is none of the five formats or its header is broken. Formats are told by magic bytes, never by a name.
 */
export function peekImage(bytes: Uint8Array): Peeked | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const peeked = dispatch(view);
    return peeked && peeked.width > 0 && peeked.height > 0 && peeked.frames > 0 ? peeked : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the header is cut off
    throw error;
  }
}

/** Whether it begins as the five formats do, whatever its header is like. */
export function hasMagicBytes(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  return /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF.{4}WEBP|BM)/s.test(start);
}

function dispatch(view: DataView): Peeked | undefined {
  switch (view.getUint16(0)) {
    case 0x8950:
      return peekPng(view);
    case 0xffd8:
      return peekJpeg(view);
    case 0x4749:
      return withFormat('gif', peekGif(view));
    case 0x5249:
      return withFormat('webp', peekWebp(view));
    case 0x424d:
      return peekBmp(view);
    default:
      return undefined;
  }
}

function withFormat(format: Peeked['format'], animation: Animation | undefined): Peeked | undefined {
  return animation && { format, ...animation };
}

function peekPng(view: DataView): Peeked | undefined {
  const signed = view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a;
  if (!signed || view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452) return undefined;
  return { format: 'png', width: view.getUint32(16), height: view.getUint32(20), frames: 1 };
}

/**
 * Walks the segments up to the frame header, of a kind that browsers show: SOF0 to SOF2. Those in arithmetic coding cost
 * the decoder a second in two kilobytes. What stands between two segments, and no marker, is skipped as libjpeg skips it.
 */
function peekJpeg(view: DataView): Peeked | undefined {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let at = 2;
  for (let pieces = 0; pieces < MOST_PIECES; pieces++) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // fill byte
    } else if (marker === 0 || isBare(marker)) {
      at += 2;
    } else if (marker >= 0xc0 && marker <= 0xc2) {
      return { format: 'jpeg', width: view.getUint16(at + 7), height: view.getUint16(at + 5), frames: 1 };
    } else if (marker === 0xda || marker === 0xd9 || isOtherFrame(marker)) {
      return undefined;
    } else {
      const length = view.getUint16(at + 2);
      if (length < 2) return undefined;
      at += 2 + length;
    }
  }
  return undefined;
}

/** SOF3 to SOF15, without the three of these numbers that are no frame headers. */
function isOtherFrame(marker: number): boolean {
  return marker >= 0xc3 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Windows headers (40 bytes and more) and the OS/2 one (12). A negative height means rows from the top. */
function peekBmp(view: DataView): Peeked | undefined {
  const header = view.getUint32(14, true);
  if (header === 12) {
    return { format: 'bmp', width: view.getUint16(18, true), height: view.getUint16(20, true), frames: 1 };
  }
  if (header < 40 || header > 124) return undefined;
  const height = Math.abs(view.getInt32(22, true));
  return { format: 'bmp', width: view.getInt32(18, true), height, frames: 1 };
}
