import type { Clock } from '../clock.ts';
import { Fault, type FaultReason } from '../fault.ts';
import { hashKey, isPlausibleKey } from '../key.ts';
import { rangeMatcher } from '../range.ts';
import { RecentMap } from '../recentMap.ts';
import type { Principal } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Arrived, Caller } from './stages.ts';

/** A revoked key works no longer than this. */
const trustMs = 1_000;
const keysRemembered = 10_000;
const nobody = Promise.resolve(undefined);

interface Known {
  principal: Principal;
  isUsableFrom(address: string): boolean;
}

interface Entry {
  readAt: number;
  known: Promise<Known | undefined>;
}

interface AuthenticatorParts {
  clock: Clock;
  store: Pick<Store, 'findPrincipal'>;
  pepper: string;
}

/** Makes the step that finds out who is calling, and a look at what their key says of itself. */
export function authenticator({ clock, store, pepper }: AuthenticatorParts) {
  const recent = new RecentMap<string, Entry>(keysRemembered);

  /** Concurrent calls with one key share one look into the store; so do those within a second. */
  function find(key: string, now: number): Promise<Known | undefined> {
    const entry = recent.get(key);
    // Between 0 and the limit: a clock stepped back must not keep a revoked key alive.
    if (entry !== undefined && now - entry.readAt >= 0 && now - entry.readAt < trustMs) return entry.known;
    if (!isPlausibleKey(key)) return nobody;
    const known = store.findPrincipal(hashKey(key, pepper)).then(knownOf);
    recent.set(key, { readAt: now, known });
    // A key that nobody has yet may be imported in the next moment, and works from then on; but one call asks for it
    // twice, first for its dialect.
    known.then(
      (found) => found === undefined && setImmediate(() => recent.delete(key)),
      () => recent.delete(key),
    );
    return known;
  }

  /** @throws Fault ERROR_KEY_DENIED_ACCESS for a key that is missing, unknown, ended, or used from elsewhere */
  async function principalOf(key: unknown, address: string): Promise<Principal> {
    if (key === undefined || key === null) throw denied('clientKey: is missing', 'keyMissing');
    if (typeof key !== 'string') throw denied('clientKey: is not a string');
    const now = clock.now();
    const known = await find(key, now);
    if (known === undefined) throw denied();
    const { principal, isUsableFrom } = known;
    const { revokedAt, expiresAt } = principal.key;
    if (revokedAt !== null) throw denied();
    if (expiresAt !== null && expiresAt <= now) throw denied('clientKey: has expired');
    if (!isUsableFrom(address)) throw denied('clientKey: may not be used from this address', 'keyElsewhere');
    return principal;
  }

  /** @throws Fault ERROR_KEY_DENIED_ACCESS as principalOf tells */
  async function authenticate(arrived: Arrived): Promise<Caller> {
    return { arrived, principal: await principalOf(arrived.body.clientKey, arrived.address) };
  }

  /** The dialect that a key is set to; null where it says nothing, or is none. */
  async function dialectOf(key: unknown): Promise<string | null> {
    const known = typeof key === 'string' ? await find(key, clock.now()) : undefined;
    return known?.principal.key.dialect ?? null;
  }

  return { authenticate, principalOf, dialectOf };
}

/** Reads a key's ranges once and not at each request: 5,000 of them take 11 ms. */
function knownOf(principal: Principal | undefined): Known | undefined {
  if (principal === undefined) return undefined;
  const { addresses } = principal.key;
  return { principal, isUsableFrom: addresses === null ? () => true : rangeMatcher(addresses) };
}

/** @throws Fault ERROR_KEY_DENIED_ACCESS where the key is limited to other task types */
export function requireTaskType({ principal }: Caller, type: string): void {
  const allowed = principal.key.taskTypes;
  if (allowed === null) return;
  const wanted = type.toLowerCase();
  if (!allowed.some((name) => name.toLowerCase() === wanted))
    throw denied('clientKey: may not be used for this task type');
}

function denied(detail?: string, reason?: FaultReason): Fault {
  return new Fault('ERROR_KEY_DENIED_ACCESS', { detail, reason });
}
