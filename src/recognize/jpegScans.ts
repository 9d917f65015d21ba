/** Scans of a progressive JPEG: encoders write about ten, and 2,600 of 20 bytes in one picture took two seconds. */
const mostScans = 100;

const startOfScan = 0xda;
const endOfImage = 0xd9;

/** Has no length and no content of its own: a restart, or the start of the image. */
export function isBare(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** @throws Error for a JPEG of more scans than any encoder writes; whatever else is wrong is left to the decoder */
export function refuseManyScans(bytes: Uint8Array): void {
  let scans = 0;
  for (let at = nextMarker(bytes, 0); at + 3 < bytes.length; at = nextMarker(bytes, at)) {
    const marker = bytes[at + 1]!;
    if (marker === endOfImage) return;
    if (isBare(marker)) {
      at += 2;
      continue;
    }
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    // It counts itself; libjpeg reads on behind one that does not, and this walk would have lost its way.
    if (length < 2) throw new Error(`a segment of ${length} bytes`);
    at += 2 + length;
    if (marker === startOfScan && ++scans > mostScans) throw new Error(`more than ${mostScans} scans`);
  }
}

/**
 * Where the next marker begins, found as libjpeg finds it: it skips coded data, and whatever else stands between two
 * segments, in which each 0xff is followed by 0 or by another, the marker's own or one that fills.
 */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next !== 0 && next !== 0xff) return at;
  }
  return bytes.length;
}
