import { crc32, inflateSync } from 'node:zlib';

/** Samples of a pixel by colour type: grey, RGB, palette, grey + alpha, RGB + alpha. */
const samplesOf: Record<number, number | undefined> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Pixels of the PNGs that captchas mostly are: 8 bits a sample, not interlaced, no transparent colour, nothing
 * wrong with them. Undefined for every other, which libvips then reads or refuses: it takes 0.6 ms for a usual
 * image, a tenth of all recognition, and this 0.2.
 */
export function decodePlainPng(png: Uint8Array, { width, height }: { width: number; height: number }) {
  const chunks = readChunks(png);
  if (chunks === undefined) return undefined;
  const { header, palette, data } = chunks;
  if (header.getUint32(0) !== width || header.getUint32(4) !== height) return undefined;
  const [depth, colourType, interlace] = [header.getUint8(8), header.getUint8(9), header.getUint8(12)];
  const samples = samplesOf[colourType];
  if (samples === undefined || depth !== 8 || interlace !== 0) return undefined;
  if ((colourType === 3) !== (palette !== undefined)) return undefined;

  const lines = inflate(data, height * (width * samples + 1));
  const stored = lines && unfilter(lines, width * samples, height, samples);
  if (stored === undefined) return undefined;
  if (palette === undefined) return { width, height, channels: samples, pixels: stored };
  const pixels = colour(stored, palette);
  return pixels && { width, height, channels: 3, pixels };
}

/** The chunks that pixels depend on, each whole and with the right checksum. */
function readChunks(png: Uint8Array) {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  let header: DataView | undefined;
  let palette: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = 8; at + 12 <= png.length; ) {
    const length = view.getUint32(at);
    const end = at + 8 + length;
    if (end + 4 > png.length) return undefined;
    const name = String.fromCharCode(png[at + 4]!, png[at + 5]!, png[at + 6]!, png[at + 7]!);
    const isAncillary = (png[at + 4]! & 0x20) !== 0;
    if (name === 'tRNS') return undefined;
    if (!isAncillary && crc32(png.subarray(at + 4, end)) !== view.getUint32(end)) return undefined;
    const content = png.subarray(at + 8, end);
    if (name === 'IHDR' && length === 13 && at === 8)
      header = new DataView(png.buffer, content.byteOffset, 13);
    else if (name === 'PLTE' && data.length === 0) palette = content;
    else if (name === 'IDAT') data.push(content);
    else if (name === 'IEND') return header && data.length > 0 ? { header, palette, data } : undefined;
    else if (!isAncillary) return undefined;
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

/** Each line begins with how its bytes were predicted: from the pixel before, the line above, or both. */
function unfilter(lines: Uint8Array, stride: number, height: number, pixel: number): Uint8Array | undefined {
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)]!;
    if (filter > 4) return undefined;
    const from = y * (stride + 1) + 1;
    const to = y * stride;
    for (let x = 0; x < stride; x++) {
      const left = x >= pixel ? out[to + x - pixel]! : 0;
      const up = y > 0 ? out[to + x - stride]! : 0;
      let guess = 0;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) guess = paeth(left, up, x >= pixel && y > 0 ? out[to + x - stride - pixel]! : 0);
      out[to + x] = lines[from + x]! + guess;
    }
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

function colour(indices: Uint8Array, palette: Uint8Array): Uint8Array | undefined {
  const pixels = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    const entry = indices[i]! * 3;
    if (entry + 3 > palette.length) return undefined;
    pixels[i * 3] = palette[entry]!;
    pixels[i * 3 + 1] = palette[entry + 1]!;
    pixels[i * 3 + 2] = palette[entry + 2]!;
  }
  return pixels;
}
