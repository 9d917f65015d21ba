/** What a BMP says of itself. */
export interface BmpHeader {
  width: number;
  height: number;
  /** Bits a pixel: 1, 4, 8, 16, 24 or 32. */
  bits: number;
  fromTop: boolean;
  /** Whether pixels are written as runs of one index, and single ones between. */
  hasRuns: boolean;
  /** Which bits of a pixel are red, green, blue and alpha, where there is no palette. */
  masks: [number, number, number, number];
  /** Where the palette and the pixels begin. */
  palette: number;
  pixels: number;
  colours: number;
  colourBytes: 3 | 4;
}

/** Which numbers of bits go with each way to write pixels; JPEGs and PNGs inside a BMP are for printers. */
const bitsOf: Record<number, number[] | undefined> = {
  0: [1, 4, 8, 16, 24, 32],
  1: [8],
  2: [4],
  3: [16, 32],
  6: [16, 32],
};

/** @throws Error for a kind that is not read */
export function readHeader(view: DataView): BmpHeader {
  const size = view.getUint32(14, true);
  const old = size === 12;
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const allowed = bitsOf[compression];
  if (!allowed) throw new Error(`BMP: compression ${compression}`);
  if (!allowed.includes(bits)) throw new Error(`BMP: ${bits} bits`);
  const declared = old ? 0 : view.getUint32(46, true);
  return {
    width: old ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(signedHeight),
    bits,
    fromTop: signedHeight < 0,
    hasRuns: compression === 1 || compression === 2,
    masks: compression < 3 ? usualMasks(bits) : readMasks(view, size >= 56 || compression === 6),
    palette: 14 + size,
    pixels: view.getUint32(10, true),
    colours: declared === 0 ? 2 ** bits : Math.min(declared, 256),
    colourBytes: old ? 3 : 4,
  };
}

function usualMasks(bits: number): BmpHeader['masks'] {
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
}

function readMasks(view: DataView, hasAlpha: boolean): BmpHeader['masks'] {
  const mask = (index: number) => view.getUint32(54 + 4 * index, true);
  return [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0];
}
