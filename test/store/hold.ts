import type { NewHold } from '../../src/store/records.ts';

/** A time far from any edge of a day: 2026-11-20 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 20, 12);

/** A hold as the server makes it for an image, but for what is `over`. */
export function hold(over: Partial<NewHold> = {}): NewHold {
  const now = over.now ?? noon;
  return {
    taskId: 'task-1',
    accountId: 'alice',
    keyId: 'key-alice',
    packageId: null,
    type: 'ImageToTextTask',
    module: 'common',
    price: 400,
    dailyCap: null,
    state: 'running',
    payload: null,
    callbackUrl: null,
    dialect: 'capsolver',
    address: '192.0.2.1',
    idempotency: null,
    now,
    deadline: now + 120_000,
    expiresAt: now + 300_000,
    ...over,
  };
}
