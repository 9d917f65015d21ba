/** Rows from the top, 3 bytes a pixel in the order red, green, blue. */
export interface Bitmap {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/**
 * Decodes an uncompressed BMP of 1, 4, 8, 24 or 32 bits; its alpha byte, which writers fill with anything, is
 * ignored. libvips as sharp ships it reads no BMP.
 * @throws Error for every other kind, and for a file shorter than its header says
 */
export function decodeBmp(bytes: Uint8Array): Bitmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view);
  const { width, height, bits, pixels, fromTop } = header;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (pixels + rowBytes * height > bytes.length) throw new Error('BMP: pixel data is cut off');

  const palette = bits <= 8 ? readPalette(bytes, header) : undefined;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = pixels + rowBytes * (fromTop ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      if (palette) {
        const perByte = 8 / bits;
        const shift = 8 - bits * ((x % perByte) + 1);
        const index = (bytes[row + Math.floor(x / perByte)]! >> shift) & (2 ** bits - 1);
        const colour = palette[index];
        if (!colour) throw new Error('BMP: a pixel outside the palette');
        copyPixel(colour, 0, rgb, to);
      } else {
        copyPixel(bytes, row + x * (bits / 8), rgb, to);
      }
    }
  }
  return { width, height, rgb };
}

interface Header {
  width: number;
  height: number;
  bits: number;
  fromTop: boolean;
  /** Where the palette and the pixels begin. */
  palette: number;
  pixels: number;
  colours: number;
  colourBytes: 3 | 4;
}

function readHeader(view: DataView): Header {
  const size = view.getUint32(14, true);
  const old = size === 12;
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const standardMasks =
    compression === 3 &&
    bits === 32 &&
    view.getUint32(54, true) === 0xff0000 &&
    view.getUint32(62, true) === 0xff;
  if (compression !== 0 && !standardMasks) throw new Error(`BMP: compression ${compression}`);
  if (![1, 4, 8, 24, 32].includes(bits)) throw new Error(`BMP: ${bits} bits`);
  const declared = old ? 0 : view.getUint32(46, true);
  return {
    width: old ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(signedHeight),
    bits,
    fromTop: signedHeight < 0,
    palette: 14 + size,
    pixels: view.getUint32(10, true),
    colours: declared === 0 ? 2 ** bits : Math.min(declared, 256),
    colourBytes: old ? 3 : 4,
  };
}

function readPalette(bytes: Uint8Array, { palette, colours, colourBytes }: Header): Uint8Array[] {
  if (palette + colours * colourBytes > bytes.length) throw new Error('BMP: palette is cut off');
  return Array.from({ length: colours }, (_, i) =>
    bytes.subarray(palette + i * colourBytes, palette + i * colourBytes + 3),
  );
}

/** The file's order is blue, green, red. */
function copyPixel(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  target[to] = source[from + 2]!;
  target[to + 1] = source[from + 1]!;
  target[to + 2] = source[from]!;
}
