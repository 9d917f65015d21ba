import { crc32, inflateSync } from 'node:zlib';
import { exif } from './pngChunks.ts';

/** Samples of a pixel by colour type: grey, RGB, palette, grey + alpha, RGB + alpha. */
const samplesOf: Record<number, number | undefined> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;

/**
 * Pixels of the PNGs that captchas mostly are: up to 8 bits a sample, not interlaced, no transparency but a channel's
 * or a palette's, nothing wrong with them. Undefined for every other, which libvips then reads or refuses: it takes
 * three times as long, as much as a quarter of a recognition at first look.
 */
export function decodePlainPng(png: Uint8Array, { width, height }: { width: number; height: number }) {
  const chunks = readChunks(png);
  if (chunks === undefined) return undefined;
  const { header, palette, opacity, data } = chunks;
  if (header.getUint32(0) !== width || header.getUint32(4) !== height) return undefined;
  const [depth, colourType] = [header.getUint8(8), header.getUint8(9)];
  const [compression, filters, interlace] = [10, 11, 12].map((at) => header.getUint8(at));
  const samples = samplesOf[colourType];
  if (samples === undefined || compression !== 0 || filters !== 0 || interlace !== 0) return undefined;
  // Of grey with fewer bits libvips makes its own; such files are rare.
  if (depth !== 8 && !(colourType === PALETTE && [1, 2, 4].includes(depth))) return undefined;
  if ((colourType === PALETTE) !== (palette !== undefined)) return undefined;
  if (palette !== undefined && !isSound(palette, opacity, depth)) return undefined;

  const stride = Math.ceil((width * samples * depth) / 8);
  const lines = inflate(data, height * (stride + 1));
  const stored = lines && unfilter(lines, stride, height, samples);
  if (stored === undefined) return undefined;
  if (palette === undefined) return { width, height, channels: samples, pixels: stored };
  const indices = depth === 8 ? stored : unpack(stored, depth, width, height);
  const pixels = colour(indices, palette, opacity);
  return pixels && { width, height, channels: opacity ? 4 : 3, pixels };
}

/** Whether all entries are whole and can be named, and none but them is transparent. */
function isSound(palette: Uint8Array, opacity: Uint8Array | undefined, depth: number): boolean {
  const entries = palette.length / 3;
  return Number.isInteger(entries) && entries <= 1 << depth && (opacity?.length ?? 0) <= entries;
}

/** The chunks that pixels depend on; all are whole and have the right checksum. */
function readChunks(png: Uint8Array) {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let header: DataView | undefined;
  let palette: Uint8Array | undefined;
  let opacity: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > png.length) return undefined;
    const name = String.fromCharCode(png[at + 4]!, png[at + 5]!, png[at + 6]!, png[at + 7]!);
    const isAncillary = (png[at + 4]! & 0x20) !== 0;
    // Damaged, even a chunk that no pixel depends on may have been another.
    if (crc32(png.subarray(at + 4, end)) !== view.getUint32(end)) return undefined;
    const content = png.subarray(at + 8, end);
    if (name === 'IHDR' && length === 13 && at === 8)
      header = new DataView(png.buffer, content.byteOffset, 13);
    else if (name === 'PLTE' && !palette && data.length === 0) palette = content;
    else if (name === 'tRNS' && palette && !opacity && data.length === 0) opacity = content;
    else if (name === 'IDAT') data.push(content);
    else if (name === 'IEND')
      return header && data.length > 0 ? { header, palette, opacity, data } : undefined;
    else if (!isAncillary || name === 'tRNS' || name === exif) return undefined;
    at = end + 4;
  }
  return undefined;
}

function inflate(data: Uint8Array[], size: number): Uint8Array | undefined {
  try {
    const lines = inflateSync(data.length === 1 ? data[0]! : Buffer.concat(data), { maxOutputLength: size });
    return lines.length === size ? lines : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Each line begins with how its bytes were predicted: from the pixel before, the line above, or both. One loop for each
 * of the five ways is four times as fast as one that chooses at every byte.
 */
function unfilter(lines: Uint8Array, stride: number, height: number, pixel: number): Uint8Array | undefined {
  const out = new Uint8Array(stride * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const from = y * (stride + 1) + 1;
    const line = out.subarray(y * stride, (y + 1) * stride);
    line.set(lines.subarray(from, from + stride));
    const filter = lines[from - 1]!;
    if (filter === 1) {
      for (let x = pixel; x < stride; x++) line[x]! += line[x - pixel]!;
    } else if (filter === 2) {
      for (let x = 0; x < stride; x++) line[x]! += above[x]!;
    } else if (filter === 3) {
      for (let x = 0; x < pixel; x++) line[x]! += above[x]! >> 1;
      for (let x = pixel; x < stride; x++) line[x]! += (line[x - pixel]! + above[x]!) >> 1;
    } else if (filter === 4) {
      for (let x = 0; x < pixel; x++) line[x]! += above[x]!;
      for (let x = pixel; x < stride; x++) line[x]! += paeth(line[x - pixel]!, above[x]!, above[x - pixel]!);
    } else if (filter !== 0) return undefined;
    above = line;
  }
  return out;
}

/** Whichever of the three neighbours is nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const fromLeft = Math.abs(up - corner);
  const fromUp = Math.abs(left - corner);
  const fromCorner = Math.abs(left + up - 2 * corner);
  if (fromLeft <= fromUp && fromLeft <= fromCorner) return left;
  return fromUp <= fromCorner ? up : corner;
}

/** One index a byte, of lines that hold several in each. */
function unpack(lines: Uint8Array, depth: number, width: number, height: number): Uint8Array {
  const stride = lines.length / height;
  const each = 8 / depth;
  const indices = new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const shift = 8 - depth * ((x % each) + 1);
      indices[i] = (lines[y * stride + Math.floor(x / each)]! >> shift) & ((1 << depth) - 1);
    }
  return indices;
}

/** RGB, or RGB + alpha of a palette with `opacity`, whose later entries are opaque. */
function colour(indices: Uint8Array, palette: Uint8Array, opacity?: Uint8Array): Uint8Array | undefined {
  const channels = opacity ? 4 : 3;
  const pixels = new Uint8Array(indices.length * channels);
  for (let i = 0, to = 0; i < indices.length; i++, to += channels) {
    const entry = indices[i]! * 3;
    if (entry + 3 > palette.length) return undefined;
    pixels[to] = palette[entry]!;
    pixels[to + 1] = palette[entry + 1]!;
    pixels[to + 2] = palette[entry + 2]!;
    if (opacity) pixels[to + 3] = opacity[indices[i]!] ?? 255;
  }
  return pixels;
}
