import { LegibleError } from './error.ts';
import type { ErrorCode } from './schema.ts';
import type { SolutionOf, Task } from './task.ts';

/** What a callback says about its task. */
export type Message<T extends Task = Task> =
  | { status: 'ready'; taskId: string; solution: SolutionOf<T> }
  | { status: 'failed'; taskId: string; errorCode: ErrorCode; errorDescription: string };

export interface WebhookOptions {
  /** Milliseconds since 1970; the system's without it. */
  now?: number;
  /** How old or how far ahead a message may be: 300 without it. */
  toleranceSeconds?: number;
}

/** Such as `Headers`, a Map of names in lower case, or what Node's own server gives. */
export type WebhookHeaders =
  | { get(name: string): string | null | undefined }
  | (Record<string, string | string[] | undefined> & { get?: string | string[] | undefined });

/**
 * Reads a callback, once its signature (that of Standard Webhooks) has been verified. `body` is the text as it came:
 * parsed and written again, it is another. @throws LegibleError WEBHOOK_REFUSED
 */
export async function readWebhook<T extends Task = Task>(
  body: string,
  headers: WebhookHeaders,
  secret: string,
  { now = Date.now(), toleranceSeconds = 300 }: WebhookOptions = {},
): Promise<Message<T>> {
  const key = await keyOf(secret);
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !timestamp || !signatures) throw refused('a header is missing');
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= toleranceSeconds))
    throw refused('too old, or from the future');
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(' ')) {
    const [version, value = ''] = signature.split(',');
    if (version === 'v1' && (await crypto.subtle.verify('HMAC', key, bytesOf(value), signed)))
      return parsed(body);
  }
  throw refused('the signature is not that of the secret');
}

/** Of a task that was asked for in 2captcha's contract it is a form. */
function parsed(body: string) {
  try {
    return JSON.parse(body);
  } catch {
    throw refused('it is not JSON; its task was asked for in the contract of other clients');
  }
}

/** Fewer bytes are no secret of Standard Webhooks, but part of one, or none at all. */
const fewestBytes = 24;

function keyOf(secret: string) {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  if (bytes.length < fewestBytes)
    throw new LegibleError(
      'WEBHOOK_REFUSED',
      'the secret is not one that `legible key callback-secret` shows: whsec_ and base64',
    );
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function headerOf(headers: WebhookHeaders, name: string) {
  // Those of undici and of node-fetch are no instance of the runtime's own class.
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  return Array.isArray(found) ? found[0] : found;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function refused(why: string): LegibleError {
  return new LegibleError('WEBHOOK_REFUSED', `not a message of this server: ${why}`);
}
