import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { beginsAsKey } from '../key.ts';
import { notJson } from './body.ts';
import { badRequest, noSuchMethod } from './wireFault.ts';

const saneId = /^[\w.:-]{1,64}$/;

/**
 * Refuses by the head of a request alone what no body could make right.
 * @throws Fault ERROR_BAD_REQUEST, ERROR_INVALID_TASK_DATA
 */
export function refuseByHead(
  { method, url = '', headers }: IncomingMessage,
  { isKnownPath, strict }: { isKnownPath: boolean; strict: boolean },
): void {
  if (holdsKey(url)) throw badRequest('clientKey belongs into the body: addresses end up in logs');
  if (!isKnownPath)
    throw method === 'POST'
      ? noSuchMethod()
      : badRequest('methods are called by POST; GET /docs tells of them');
  if (isCompressed(headers)) throw badRequest('Content-Encoding: compressed bodies are not read');
  if (strict && method === 'POST' && !/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    throw notJson('is not application/json');
}

/** The client's own request id where it can be logged as it stands. */
export function requestIdOf({ headers }: IncomingMessage, newId: () => string): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && saneId.test(sent) && !beginsAsKey(sent) ? sent : newId();
}

/** Requests to a proxy name the whole address, and some clients write two slashes: `POST http://host//createTask`. */
export function pathOf(url: string): string {
  if (url.startsWith('/') && !url.startsWith('//')) return url;
  const absolute = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
  return `/${url.slice(absolute.length).replace(/^\/+/, '')}`;
}

function holdsKey(url: string): boolean {
  const at = url.indexOf('?');
  if (at < 0) return false;
  for (const name of new URLSearchParams(url.slice(at + 1)).keys())
    if (name.toLowerCase() === 'clientkey') return true;
  return false;
}

function isCompressed(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && encoding.trim().toLowerCase() !== 'identity' && encoding.trim() !== '';
}
