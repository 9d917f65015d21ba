/** Which way up the picture is to be shown, among much else that cameras write; it is not compressed. */
export const exif = 'eXIf';
/** The chunks that pixels depend on; text, colour profiles and the rest only cost memory, up to bombs. */
const kept = new Set(['IHDR', 'PLTE', 'tRNS', exif, 'IDAT', 'IEND']);

/**
 * The PNG without its ancillary chunks. What is cut off or unknown stays, for the decoder to judge.
 */
export function withoutAncillaryChunks(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const parts: Uint8Array[] = [png.subarray(0, 8)];
  let at = 8;
  while (at + 12 <= png.length) {
    const end = at + 12 + view.getUint32(at);
    const name = String.fromCharCode(...png.subarray(at + 4, at + 8));
    const ancillary = (png[at + 4]! & 0x20) !== 0;
    if (kept.has(name) || !ancillary) parts.push(png.subarray(at, end));
    if (name === 'IEND') break;
    at = end;
  }
  return Buffer.concat(parts);
}
