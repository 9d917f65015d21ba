import { isAscii, isUtf8 } from 'node:buffer';
import { parse } from 'secure-json-parse';
import { excessOf } from '../excess.ts';
import type { Fault } from '../fault.ts';
import { invalid } from '../flow/validate.ts';

const names = ['clientKey', 'appId', 'task', 'tasks', 'taskId', 'result', 'callbackUrl'];
const spelling = new Map(names.map((name) => [name.toLowerCase(), name]));
const longestName = Math.max(...names.map((name) => name.length));

/**
 * Bytes of a request to an object whose top-level names are spelled as in the contract.
 * @throws Fault ERROR_INVALID_TASK_DATA for everything that is not such an object
 */
export function parseBody(bytes: Buffer, strict: boolean): Record<string, unknown> {
  // Latin-1 decoding of ASCII is much the fastest, and base64 makes nearly every body ASCII.
  const text = isAscii(bytes) ? bytes.toString('latin1') : isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  if (text === undefined) throw notJson('is not UTF-8');
  const excess = excessOf(text, bytes);
  if (excess !== undefined) throw notJson(excess);
  const value = parseText(text, strict);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notJson();
  const body = value as Record<string, unknown>;
  return strict ? body : spellNames(body);
}

/** The live service's own words for a body that it cannot read. */
export function notJson(why?: string): Fault {
  const detail = 'request body must be a json raw';
  return invalid(why === undefined ? detail : `${detail}: it ${why}`);
}

function parseText(text: string, strict: boolean): unknown {
  if (strict && text.charCodeAt(0) === 0xfeff) throw notJson('begins with a byte order mark');
  try {
    return parse(text, undefined, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    throw notJson(
      String(error).includes('forbidden prototype') ? 'has a field of a forbidden name' : undefined,
    );
  }
}

/** Exactly spelled names win over variants; of variants, the first. */
function spellNames(body: Record<string, unknown>): Record<string, unknown> {
  for (const name of Object.keys(body)) {
    if (name.length > longestName) continue;
    const proper = spelling.get(name.toLowerCase());
    // As everywhere, null is a field that was left out.
    if (proper !== undefined && (body[proper] ?? null) === null) body[proper] = body[name];
  }
  return body;
}
