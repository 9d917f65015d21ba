import { createHash } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Idempotency } from '../store/store.ts';
import type { Arrived } from './stages.ts';

const keptMs = 24 * 3_600_000;
const form = /^[\x20-\x7e]{1,255}$/;

/**
 * How the store knows a request that its client named by Idempotency-Key; null for one without a name. Only digests
 * are kept, of the name and of what is asked for.
 * @throws Fault ERROR_BAD_REQUEST for a name that is too long, or not of visible characters
 */
export function requestName({ asks, body }: Arrived, now: number): Idempotency | null {
  const { idempotencyKey } = asks;
  if (idempotencyKey === undefined) return null;
  if (!form.test(idempotencyKey)) throw misused('is not 1 to 255 visible ASCII characters');
  const fingerprint = digestOf(JSON.stringify([body.task, body.callbackUrl]));
  return { name: digestOf(idempotencyKey), fingerprint, expiresAt: now + keptMs };
}

/** The client uses one name for two requests, which would cost it the answer to the second. */
export function otherBody(): Fault {
  return misused('was sent before with another task');
}

function misused(why: string): Fault {
  return new Fault('ERROR_BAD_REQUEST', { detail: `Idempotency-Key: ${why}` });
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
