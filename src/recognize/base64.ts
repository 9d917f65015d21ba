import { holdsMore } from '../holdsMore.ts';

/**
 * Bytes of a base64 text, or undefined when it is none. Node's own decoder never fails: it skips what it does
 * not know, and a damaged image would become a different image. So only what would encode back to the same text
 * is taken.
 *
 * Lenient also reads what clients send in practice: a data-URI prefix or what is left of one, line breaks and spaces,
 * the URL-safe alphabet, missing padding, and plus signs that a form turned into spaces.
 */
export function decodeBase64(text: string, { strict = false } = {}): Buffer | undefined {
  const exact = decodeExactly(text);
  if (exact || strict || holdsMore(text, ' ', MOST_SPACES)) return exact;
  const body = standardise(withoutDataUri(text));
  if (body === undefined) return undefined;
  return body.includes(' ') ? decodeSpaced(body) : decodeExactly(padded(body));
}

function decodeExactly(text: string): Buffer | undefined {
  if (text.length === 0 || text.length % 4 !== 0) return undefined;
  // Node reads the URL-safe alphabet too, and of a character beyond ASCII its low byte.
  if (text.includes('-') || text.includes('_') || Buffer.byteLength(text) !== text.length) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // Without a character skipped there are three bytes to four characters, and only the last four can be written
  // in several ways. To encode all of it again would cost as much memory as the text.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (bytes.length !== (text.length / 4) * 3 - padding) return undefined;
  return bytes.toString('base64', bytes.length - 3 + padding) === text.slice(-4) ? bytes : undefined;
}

/**
 * A space is either noise or a plus that a form decoder ate, and the wrong guess yields another image. The
 * length tells: plus signs count toward a multiple of four, noise does not. Where both fit, only spaces at
 * regular places are noise. Missing padding is not forgiven here, since it would leave nothing to tell by.
 */
function decodeSpaced(body: string): Buffer | undefined {
  const asPluses = () => decodeExactly(replaceBytes(body, new Map([[' ', '+']])) ?? '');
  const folded = isFolded(body);
  const mayBePluses = body.length % 4 === 0;
  const restored = mayBePluses && !folded ? asPluses() : undefined;
  if (restored) return restored;
  const closed = replaceBytes(body, new Map([[' ', '']])) ?? '';
  return (
    decodeExactly(closed) ??
    (mayBePluses && folded ? asPluses() : undefined) ??
    (folded ? decodeExactly(padded(closed)) : undefined)
  );
}

/**
 * Enough for the lines, or the plus signs, of 4 MiB, of which each 64th character is one. A space after every fourth took
 * half a second.
 */
const MOST_SPACES = 90_000;

/** Whether single spaces stand at regular places, as between lines of one length; or only at the end. */
function isFolded(body: string): boolean {
  const end = body.trimEnd().length;
  const line = body.indexOf(' ');
  for (let at = line; at < end; at += line + 1) {
    const next = body.indexOf(' ', at + 1);
    const isLast = next < 0 || next >= end;
    if (isLast ? end - at - 1 > line : next !== at + line + 1) return false;
  }
  return true;
}

/** Clients of CapMonster 2 write `base64,` and nothing before it. */
function withoutDataUri(text: string): string {
  const comma = text.slice(0, 200).indexOf(','); // which no base64 holds
  const head = text.slice(0, Math.max(comma, 0));
  const isHead = /^\s*(?:data:)?(?:[\w.+/-]*(?:;[\w-]+=[\w.+-]*)*;)?base64$/i.test(head);
  return isHead ? text.slice(comma + 1) : text;
}

const standard: ReadonlyMap<string, string> = new Map([
  ['\r', ''],
  ['\n', ''],
  ['\t', ''],
  ['-', '+'],
  ['_', '/'],
]);

/**
 * Without line breaks, in the standard alphabet instead of the URL-safe one; undefined where anything else is in it. An
 * image never begins with a plus.
 */
function standardise(text: string): string | undefined {
  return replaceBytes(text, standard)?.trimStart();
}

const known = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= ';
const UNKNOWN = -2;
const DROPPED = -1;

/**
 * On bytes, because a regular expression takes a second for the plus signs of 4 MiB; undefined where one is neither
 * replaced nor of base64.
 */
function replaceBytes(text: string, replacements: ReadonlyMap<string, string>): string | undefined {
  if (Buffer.byteLength(text) !== text.length) return undefined;
  // Usually there is none, and to look for that takes a tenth of the time. What is unknown is found by the decoder then.
  if (!Array.from(replacements.keys()).some((character) => text.includes(character))) return text;
  const table = Int16Array.from({ length: 128 }, (_, byte) => {
    const character = String.fromCharCode(byte);
    const replaced = replacements.get(character) ?? (known.includes(character) ? character : undefined);
    if (replaced === undefined) return UNKNOWN;
    return replaced === '' ? DROPPED : replaced.charCodeAt(0);
  });
  const bytes = Buffer.from(text, 'latin1');
  let end = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = table[bytes[i]!]!;
    if (byte === UNKNOWN) return undefined;
    if (byte >= 0) bytes[end++] = byte;
  }
  return bytes.toString('latin1', 0, end);
}

function padded(text: string): string {
  return text.includes('=') ? text : text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}
