import { createHash } from 'node:crypto';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { Fault } from '../fault.ts';
import type { Idempotency } from '../store/records.ts';
import type { Arrived } from './stages.ts';

/** How long a request can be sent again. */
export const keptHours = 24;

/** Each request's is made once: it is asked for again when the body has been let go. */
const names = new WeakMap<Arrived, Promise<Idempotency>>();

/**
 * How the store knows a request that its client named by Idempotency-Key; null for one without a name. Only digests
 * are kept, of the name and of what is asked for.
 */
export async function requestName(arrived: Arrived, now: number): Promise<Idempotency | null> {
  const { idempotencyKey } = arrived.asks;
  if (idempotencyKey === undefined) return null;
  const known = names.get(arrived) ?? nameOf(arrived, idempotencyKey, now);
  names.set(arrived, known);
  return known;
}

async function nameOf(
  { body, sentTask = body.task }: Arrived,
  idempotencyKey: string,
  now: number,
): Promise<Idempotency> {
  // As it was sent: a task of createTasks, which no dialect translates, is the same when it is sent alone.
  // To write 6 MB once more and to digest them takes 20 ms, and they have just been decoded.
  await othersTurn();
  const fingerprint = digestOf(JSON.stringify([sentTask, body.callbackUrl || null], inOrder));
  return { name: digestOf(idempotencyKey), fingerprint, expiresAt: now + keptHours * 3_600_000 };
}

/** The client uses one name for two requests, which would cost it the answer to the second. */
export function otherBody(): Fault {
  return new Fault('ERROR_BAD_REQUEST', { detail: 'Idempotency-Key: was sent before with another task' });
}

/** A client that builds its JSON anew may write the same fields in another order. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
