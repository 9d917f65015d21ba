import { expect, test } from 'vitest';
import { generateKey } from '../../src/key.ts';
import { expectReady, expectRefusal, imageTask, openWorld, start } from '../world.ts';

const text = 'Wrong account key';
const methods = ['createTask', 'getTaskResult', 'getBalance', 'getState', 'feedbackTask', 'getToken'];

test('an unknown key is refused by every method', async () => {
  await using world = await openWorld();
  for (const method of methods) {
    const answer = await world.call(method, { clientKey: generateKey(), ...(await imageTask()) });
    expectRefusal(answer, 'ERROR_KEY_DENIED_ACCESS', text);
  }
});

test('a mistyped, foreign, empty, overlong or missing key', async () => {
  await using world = await openWorld();
  const mistyped = `${world.key.slice(0, -1)}${world.key.endsWith('0') ? '1' : '0'}`;
  for (const clientKey of [mistyped, 'CAP-0123456789ABCDEF', '', 'x'.repeat(10_000), `${world.key} `])
    expectRefusal(await world.call('getBalance', { clientKey }), 'ERROR_KEY_DENIED_ACCESS', text);
  for (const [clientKey, problem] of [
    [undefined, 'is missing'],
    [null, 'is missing'],
    [7, 'is not a string'],
    [{}, 'is not a string'],
    [[world.key], 'is not a string'],
  ])
    expectRefusal(
      await world.call('getBalance', { clientKey }),
      'ERROR_KEY_DENIED_ACCESS',
      `${text}: clientKey: ${problem}`,
    );
});

test('a revoked key works no longer than a second', async () => {
  await using world = await openWorld();
  expect((await world.call('getBalance')).status).toBe(200);
  const [key] = await world.store.listKeys('alice');
  await world.store.revokeKey(key!.id, world.clock.now());
  world.clock.advance(1_000);
  expectRefusal(await world.call('getBalance'), 'ERROR_KEY_DENIED_ACCESS', text);
});

test('a new key works at once, even if it was tried in vain before', async () => {
  await using world = await openWorld();
  const clientKey = generateKey();
  expectRefusal(await world.call('getBalance', { clientKey }), 'ERROR_KEY_DENIED_ACCESS', text);
  await world.addKey({}, clientKey);
  expect((await world.call('getBalance', { clientKey })).status).toBe(200);
});

test('a key past its expiry', async () => {
  await using world = await openWorld();
  const clientKey = await world.addKey({ expiresAt: world.clock.now() + 500 });
  expect((await world.call('getBalance', { clientKey })).status).toBe(200);
  world.clock.advance(500);
  expectRefusal(
    await world.call('getBalance', { clientKey }),
    'ERROR_KEY_DENIED_ACCESS',
    `${text}: clientKey: has expired`,
  );
});

test('a key that belongs to other addresses', async () => {
  await using world = await openWorld();
  const here = await world.addKey({ addresses: ['10.0.0.0/8', '127.0.0.0/8'] });
  const elsewhere = await world.addKey({ addresses: ['10.0.0.0/8', '2001:db8::/32'] });
  expect((await world.call('getBalance', { clientKey: here })).status).toBe(200);
  expectRefusal(
    await world.call('getBalance', { clientKey: elsewhere }),
    'ERROR_KEY_DENIED_ACCESS',
    `${text}: clientKey: may not be used from this address`,
  );
});

test('the addresses of a key are read once for each look into the store: for 5,000 that takes 11 ms', async () => {
  await using world = await openWorld();
  const clientKey = await world.addKey({ addresses: ['10.0.0.0/8', '127.0.0.0/8'] });
  const { findPrincipal } = world.store;
  let reads = 0;
  world.store.findPrincipal = async (hash) => {
    const principal = (await findPrincipal(hash))!;
    const addresses = new Proxy(principal.key.addresses!, {
      get(list, name) {
        if (name === '0') reads++;
        return Reflect.get(list, name);
      },
    });
    return { ...principal, key: { ...principal.key, addresses } };
  };
  for (const _ of [1, 2, 3]) expect((await world.call('getBalance', { clientKey })).status).toBe(200);
  expect(reads).toBe(1);
  world.clock.advance(1_000);
  expect((await world.call('getBalance', { clientKey })).status).toBe(200);
  expect(reads).toBe(2);
});

test('a key that is limited to other task types', async () => {
  await using world = await openWorld();
  const allowed = await world.addKey({ taskTypes: ['imagetotexttask'] });
  const other = await world.addKey({ taskTypes: ['VisionEngine'] });
  expectReady(await world.call('createTask', { clientKey: allowed, ...(await imageTask()) }));
  const { posted } = await world.money();
  expectRefusal(
    await world.call('createTask', { clientKey: other, ...(await imageTask()) }),
    'ERROR_KEY_DENIED_ACCESS',
    `${text}: clientKey: may not be used for this task type`,
  );
  expect(await world.money()).toEqual({ posted, pending: 0 });
  expect(posted).toBeLessThan(start);
});

test('a wrong key is looked up once for a call, and anew for the next', async () => {
  await using world = await openWorld();
  const { findPrincipal } = world.store;
  let lookUps = 0;
  world.store.findPrincipal = (hash) => {
    lookUps++;
    return findPrincipal(hash);
  };
  for (const count of [1, 2]) {
    expect((await world.call('getBalance', { clientKey: 'nobody-has-this-key' })).status).toBe(401);
    expect(lookUps).toBe(count);
  }
});
