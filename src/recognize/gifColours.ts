const MOST_CODES = 4096;

/**
 * A colour of 256 that a GIF's frame does not have; undefined where it has all. `start`: where its data begins, with the
 * size of its codes.
 *
 * Of the LZW codes only those of single colours matter: every colour comes as one of its own before it can be part of a
 * longer run.
 */
export function unusedColour(gif: Uint8Array, start: number): number | undefined {
  const size = gif[start]!;
  const clear = 2 ** size;
  const used = new Uint8Array(256);
  let seen = 0;
  let width = size + 1;
  let next = clear + 2;
  let isFirst = true;
  let bits = 0;
  let bitCount = 0;
  for (let at = start + 1; at < gif.length && gif[at] !== 0; at += 1 + gif[at]!) {
    const end = Math.min(gif.length, at + 1 + gif[at]!);
    for (let byte = at + 1; byte < end; byte++) {
      bits |= gif[byte]! << bitCount;
      bitCount += 8;
      while (bitCount >= width) {
        const code = bits & (2 ** width - 1);
        bits >>>= width;
        bitCount -= width;
        if (code === clear) {
          [width, next, isFirst] = [size + 1, clear + 2, true];
          continue;
        }
        if (code === clear + 1) return used.indexOf(0);
        if (code < clear && used[code] === 0) {
          used[code] = 1;
          // In noise it is so after a few kilobytes of megabytes.
          if (++seen === used.length) return undefined;
        }
        if (!isFirst && next < MOST_CODES) next++;
        if (next === 2 ** width && next < MOST_CODES) width++;
        isFirst = false;
      }
    }
  }
  return used.indexOf(0);
}
