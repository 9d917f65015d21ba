import { expect, it } from 'vitest';
import { Fault } from '../../src/fault.ts';
import type { Reading } from '../../src/reading.ts';
import type { TextReader } from '../../src/tasks/task.ts';
import { expectReady, imageTask, openWorld, price, readerOf, start, type World } from '../world.ts';

// As long as one that is imported may be: what is kept of a body for refusals has none so long.
const clientKey = 'x'.repeat(512);

/** A world whose first reading fails when it is told to, and whose others are right. */
async function worldWhoseFirstFails() {
  const first = Promise.withResolvers<Reading>();
  let reads = 0;
  const text: TextReader = {
    read: (...asked) => (reads++ === 0 ? first.promise : readerOf('k7mp2').read(...asked)),
  };
  const world = await openWorld({ engines: { text }, settings: { blockErrors: 1 } });
  await world.addKey({ id: 'k', expiresAt: world.clock.now() + 5_000 }, clientKey);

  /** Sends a request twice, and fails the first once `change` has come about while the second waits: their answers. */
  async function failFirst(change: () => unknown = () => {}) {
    const fields = { ...(await imageTask()), clientKey };
    const make = () => world.call('createTask', fields, { headers: { 'idempotency-key': 'n' } });
    const one = make();
    await expect.poll(() => reads).toBe(1);
    const other = make();
    // The second has been to the store when a call after it has.
    await world.call('getBalance', { clientKey });
    await change();
    first.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE'));
    expect((await one).body.errorCode).toBe('ERROR_CAPTCHA_UNSOLVABLE');
    return other;
  }
  return { world, failFirst };
}

async function revoke({ store, clock }: World): Promise<void> {
  await store.revokeKey('k', clock.now());
  clock.advance(1_000);
}

it.each([
  ['is revoked', 'ERROR_KEY_DENIED_ACCESS', revoke],
  ['expires', 'ERROR_KEY_DENIED_ACCESS', ({ clock }: World) => clock.advance(5_000)],
  [
    'is blocked',
    'ERROR_KEY_TEMP_BLOCKED',
    (world: World) => world.call('createTask', { clientKey, task: {} }),
  ],
])('a request whose key %s while it waits for the first is no next try', async (_what, code, end) => {
  const { world, failFirst } = await worldWhoseFirstFails();
  await using _ = world;
  expect((await failFirst(() => end(world))).body.errorCode).toBe(code);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

it('a request whose key still holds is the next try where the first fails', async () => {
  const { world, failFirst } = await worldWhoseFirstFails();
  await using _ = world;
  expectReady(await failFirst());
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});
