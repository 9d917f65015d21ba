import { type BmpHeader, readHeader } from './bmpHeader.ts';
import { unpackRuns } from './bmpRuns.ts';

/** Rows from the top, 3 bytes a pixel in the order red, green, blue. */
export interface Bitmap {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/**
 * Decodes a BMP of 1, 4, 8, 16, 24 or 32 bits, into 3 channels, or 4 where its header names alpha bits and they are
 * not all zero. A fourth byte that the header does not name is filled with anything. libvips as sharp ships it reads
 * no BMP.
 * @throws Error for every other kind, and for a file shorter than its header says
 */
export function decodeBmp(bytes: Uint8Array) {
  const header = readHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { width, height, bits } = header;
  if (bits <= 8) return { width, height, channels: 3, pixels: colourByPalette(bytes, header) };
  const channels = header.masks[3] === 0 ? 3 : 4;
  const pixels = colourByMasks(bytes, header, channels);
  const isBlank = channels === 4 && !pixels.some((value, i) => i % 4 === 3 && value > 0);
  if (isBlank) return { width, height, channels: 3, pixels: colourByMasks(bytes, header, 3) };
  return { width, height, channels, pixels };
}

function colourByPalette(bytes: Uint8Array, header: BmpHeader): Uint8Array {
  const { width, height, bits, hasRuns } = header;
  const palette = readPalette(bytes, header);
  const pixels = new Uint8Array(width * height * 3);
  const perByte = hasRuns ? 1 : 8 / bits;
  const depth = 8 / perByte;
  const source = hasRuns ? unpackRuns(bytes.subarray(header.pixels), header) : bytes;
  const starts = hasRuns ? rowStarts(header, 0, width) : rowsOf(bytes, header);
  let to = 0;
  for (const start of starts) {
    for (let x = 0; x < width; x++, to += 3) {
      const shift = 8 - depth * ((x % perByte) + 1);
      const index = (source[start + Math.floor(x / perByte)]! >> shift) & (2 ** depth - 1);
      const colour = palette[index];
      if (!colour) throw new Error('BMP: a pixel outside the palette');
      pixels[to] = colour[2]!;
      pixels[to + 1] = colour[1]!;
      pixels[to + 2] = colour[0]!;
    }
  }
  return pixels;
}

function colourByMasks(bytes: Uint8Array, header: BmpHeader, channels: number): Uint8Array {
  const { width, height, bits } = header;
  const pixelBytes = bits / 8;
  const shares = header.masks.slice(0, channels).map((mask) => {
    const shift = 31 - Math.clz32(mask & -mask);
    return { mask, shift, scale: 255 / (mask >>> shift || 1) };
  });
  const pixels = new Uint8Array(width * height * channels);
  let to = 0;
  for (const start of rowsOf(bytes, header)) {
    for (let at = start; at < start + width * pixelBytes; at += pixelBytes) {
      let value = 0;
      for (let k = 0; k < pixelBytes; k++) value |= bytes[at + k]! << (8 * k);
      for (const { mask, shift, scale } of shares) pixels[to++] = ((value & mask) >>> shift) * scale + 0.5;
    }
  }
  return pixels;
}

/** Where each row begins in the file, from the top one on; rows are padded to four bytes, the last one may not be. */
function rowsOf(bytes: Uint8Array, header: BmpHeader): number[] {
  const { width, height, bits, pixels } = header;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const end = pixels + stride * (height - 1) + Math.ceil((width * bits) / 8);
  if (end > bytes.length) throw new Error('BMP: pixel data is cut off');
  return rowStarts(header, pixels, stride);
}

function rowStarts({ height, fromTop }: BmpHeader, first: number, stride: number): number[] {
  return Array.from({ length: height }, (_, y) => first + stride * (fromTop ? y : height - 1 - y));
}

/** In the file's order: blue, green, red. */
function readPalette(bytes: Uint8Array, { palette, colours, colourBytes }: BmpHeader): Uint8Array[] {
  if (palette + colours * colourBytes > bytes.length) throw new Error('BMP: palette is cut off');
  return Array.from({ length: colours }, (_, i) =>
    bytes.subarray(palette + i * colourBytes, palette + i * colourBytes + 3),
  );
}
