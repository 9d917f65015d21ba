import type { Writable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { invalid } from '../flow/validate.ts';
import { holdsMore } from '../holdsMore.ts';
import { ownTurn } from './ownTurn.ts';

/** Fields of a form, and bytes of one: the contract names some 30, and an image fits into the body's own bound. */
const mostFields = 100;
const mostBytes = Number.MAX_SAFE_INTEGER;
/** Parts of a form: its fields, its file and its end. Busboy takes 30 µs for each, also for those beyond its own limits. */
const mostParts = mostFields + 10;

/**
 * In units of what reading an escape, or a letter beyond ASCII, takes: up to 0.13 µs; a plus sign takes three of them. An
 * image of 4 MiB in base64 has some 90,000 plus signs where its client escapes nothing, and 260,000 escapes where it
 * escapes all.
 */
const mostEscapes = 350_000;
const plusWeight = 3;

/**
 * Busboy takes up to 0.3 µs for each carriage return. Random bytes of 6 MiB have 24,000, base64 of them in lines
 * of 76 has 80,000.
 */
const mostReturns = 2 ** 17;
/** Bytes, and lines, of one part's headers; larger ones, in a hundred parts, took half a second. */
const headerLimits = { headerSize: 4096, headerPairs: 20 };

/** Bytes of a form that are read in one go. */
const slice = 2 ** 18;

/** By RFC 2046. A body that resembles one of 12,000 characters held the event loop for half a minute. */
const longestBoundary = 70;
const boundaryOf = /;\s*boundary=(?:"([^"\\]+)"|([^";\s\\]+))/i;

/** Of keys, ids and names; nobody keeps longer texts once the form has been read. */
const longestCopied = 1_024;

type Fields = Record<string, string>;

/**
 * The fields of an address's query or an urlencoded form, at most 100; of a name that comes twice, the last.
 * @throws Fault ERROR_INVALID_TASK_DATA for what would take too long
 */
export function parseQuery(text: string): Fields {
  if (text.length > mostEscapes / plusWeight && hasTooManyEscapes(text))
    throw invalid('request body holds too many escapes');
  let end = -1;
  for (let field = 0; field < mostFields; field++) {
    end = text.indexOf('&', end + 1);
    if (end < 0) return fieldsIn(text);
  }
  return fieldsIn(text.slice(0, end));
}

/**
 * Texts that stand in the form as they are would be cut out of it, and of what was cut V8 keeps the whole: with each key
 * that is remembered an image of megabytes.
 */
function fieldsIn(text: string): Fields {
  const copy = (value: string) => (value.length > longestCopied ? value : Buffer.from(value).toString());
  return Object.fromEntries(Array.from(new URLSearchParams(text), ([name, value]) => [name, copy(value)]));
}

/** Some clients call every field application/octet-stream: without a file's name, any but `file` is a text. */
function isPartAFile(name?: string, type = '', fileName?: string): boolean {
  return fileName !== undefined || (name === 'file' && /^(application\/octet-stream$|image\/)/i.test(type));
}

/**
 * The fields of a multipart form as texts, its files as base64; of a name that comes twice, the last.
 * @throws Fault ERROR_INVALID_TASK_DATA for what is no such form
 */
export function parseMultipart(bytes: Buffer, type: string): Promise<Fields> {
  const { promise, resolve, reject } = Promise.withResolvers<Fields>();
  const fields: Fields = Object.create(null);
  const refuse = (why: unknown) => reject(invalid('request body must be a form', { cause: String(why) }));
  const [, quoted, bare] = boundaryOf.exec(type) ?? [];
  const boundary = quoted ?? bare;
  if (
    boundary === undefined ||
    boundary.length > longestBoundary ||
    holdsMore(bytes, `--${boundary}`, mostParts) ||
    holdsMore(bytes, '\r', mostReturns)
  ) {
    refuse('no boundary, a long one, or too many parts or lines');
    return promise;
  }
  const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
  try {
    const reader = new Busboy({ headers, isPartAFile, limits: { ...headerLimits, fieldSize: mostBytes } });
    reader.on('field', (name, value) => {
      fields[name] = value;
    });
    reader.on('file', (name, stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        fields[name] = Buffer.concat(chunks).toString('base64');
      });
      stream.on('error', refuse);
    });
    reader.on('error', refuse);
    reader.on('finish', () => resolve(fields));
    feed(reader, bytes).catch(refuse);
  } catch (error) {
    refuse(error);
  }
  return promise;
}

/** In slices, with others' requests between them: 6 MB that resemble the boundary take Busboy 0.1 s. */
async function feed(reader: Writable, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += slice) {
    reader.write(bytes.subarray(at, at + slice));
    if (at + slice < bytes.length) await ownTurn();
  }
  reader.end();
}

function hasTooManyEscapes(text: string): boolean {
  let escapes = 0;
  for (let at = 0; at < text.length && escapes <= mostEscapes; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2b) escapes += plusWeight;
    else if (code === 0x25 || code > 0x7f) escapes++;
  }
  return escapes > mostEscapes;
}
