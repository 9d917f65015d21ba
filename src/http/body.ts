import { isAscii, isUtf8 } from 'node:buffer';
import { parse } from 'secure-json-parse';
import type { Fault } from '../fault.ts';
import { invalid } from '../flow/validate.ts';

/** `JSON.parse` at a depth of a million blocks for 651 ms, and what it made cannot be written again. */
const deepest = 32;

const names = ['clientKey', 'appId', 'task', 'taskId', 'result', 'callbackUrl'];
const spelling = new Map(names.map((name) => [name.toLowerCase(), name]));
const longestName = Math.max(...names.map((name) => name.length));

const quote = 0x22;
const backslash = 0x5c;

/**
 * Bytes of a request to an object whose top-level names are spelled as in the contract.
 * @throws Fault ERROR_INVALID_TASK_DATA for everything that is not such an object
 */
export function parseBody(bytes: Buffer, strict: boolean): Record<string, unknown> {
  // Latin-1 decoding of ASCII is much the fastest, and base64 makes nearly every body ASCII.
  const text = isAscii(bytes) ? bytes.toString('latin1') : isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  if (text === undefined) throw notJson('is not UTF-8');
  if (isDeeperThan(text, deepest)) throw notJson(`is nested deeper than ${deepest}`);
  const value = parseText(text, strict);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notJson();
  return strict ? value : spellNames(value);
}

/** The live service's own words for a body that it cannot read. */
export function notJson(why?: string): Fault {
  const detail = 'request body must be a json raw';
  return invalid(why === undefined ? detail : `${detail}: it ${why}`);
}

function parseText(text: string, strict: boolean): Record<string, unknown> {
  if (strict && text.charCodeAt(0) === 0xfeff) throw notJson('begins with a byte order mark');
  try {
    return parse(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    throw notJson();
  }
}

/** Exactly spelled names win over variants; of variants, the first. */
function spellNames(body: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(body)) {
    if (name.length > longestName) continue;
    const proper = spelling.get(name.toLowerCase());
    if (proper !== undefined && !Object.hasOwn(body, proper)) body[proper] = body[name];
  }
  return body;
}

function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** The index of the closing quote, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
