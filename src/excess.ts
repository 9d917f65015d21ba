/** At a depth of a million `JSON.parse` takes 651 ms, and what it made cannot be written again. */
const deepest = 32;

/**
 * Brackets, commas, numbers, spaces and quotes: all that is not inside a string. A usual request has some 200;
 * 5.6 million `{},` in 16 MiB kept the event loop for 4 s, and took 470 MB, before anybody knew whose they were.
 */
const mostSigns = 16_384;
const tooManySigns = `has more than ${mostSigns} characters outside of its strings`;

/**
 * Backslashes. `JSON.parse` needs some 10 ns for each. PHP escapes every slash, of which a white BMP consists: this
 * is enough for one of 384 KiB.
 */
const mostEscapes = 2 ** 19;

const quote = 0x22;
const backslash = 0x5c;

/**
 * What a JSON text has too much of to be parsed on the event loop; undefined for nothing. It walks what is outside
 * of strings only, and stops at its bounds: 0.2 ms for 6 MiB of base64.
 */
export function excessOf(text: string, bytes: Buffer): string | undefined {
  if (bytes.length > mostEscapes && hasTooManyEscapes(bytes)) return 'holds too many escapes';
  let depth = 0;
  let signs = 0;
  for (let at = 0; at < text.length; at++) {
    if (++signs > mostSigns) return tooManySigns;
    const code = text.charCodeAt(at);
    if (code === quote) {
      do {
        // Escaped quotes count too: looking for the next one is what costs.
        if (++signs > mostSigns) return tooManySigns;
        at = text.indexOf('"', at + 1);
        if (at < 0) return undefined; // it never ends: JSON.parse says so
      } while (isEscaped(text, at));
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > deepest) return `is nested deeper than ${deepest}`;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return undefined;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}

function hasTooManyEscapes(bytes: Buffer): boolean {
  const first = bytes.indexOf(backslash);
  if (first < 0) return false;
  let escapes = 0;
  // Byte by byte: where one stands beside the other, to look for the next takes 20 times as long.
  for (let at = first; at < bytes.length; at++)
    if (bytes[at] === backslash && ++escapes > mostEscapes) return true;
  return false;
}
