import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, start, type World } from '../world.ts';

const text = 'Due to too many error requests, the account has been blocked';

async function makeErrors(world: World, count: number, clientKey = world.key): Promise<void> {
  for (let done = 0; done < count; done += 50) {
    const batch = Math.min(50, count - done);
    await Promise.all(Array.from({ length: batch }, () => world.call('createTask', { clientKey })));
  }
}

test('299 errors block nothing, the 300th blocks the key for 5 minutes, and only this key', async () => {
  await using world = await openWorld();
  const other = await world.addKey();
  await makeErrors(world, 299);
  expect((await world.call('getBalance')).status).toBe(200);
  await makeErrors(world, 1);

  const refused = await world.call('createTask', await imageTask());
  expectRefusal(refused, 'ERROR_KEY_TEMP_BLOCKED', text);
  expect(refused.headers.get('retry-after')).toBe('300');
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
  expectReady(await world.call('createTask', { clientKey: other, ...(await imageTask()) }));

  world.clock.advance(299_999);
  expectRefusal(await world.call('getBalance'), 'ERROR_KEY_TEMP_BLOCKED', text);
  world.clock.advance(1);
  expectReady(await world.call('createTask', await imageTask()));
});

test('a block survives a restart and is lifted by the operator', async () => {
  const first = await openWorld({ settings: { blockErrors: 3 } });
  const [key] = await first.store.listKeys('alice');
  await makeErrors(first, 3);
  await expect.poll(() => first.store.listBans(first.clock.now())).toHaveLength(1);
  await first.stop();

  await using second = await openWorld({
    settings: { blockErrors: 3 },
    dataDir: first.dataDir,
    clock: first.clock,
  });
  const clientKey = first.key;
  expectRefusal(await second.call('getBalance', { clientKey }), 'ERROR_KEY_TEMP_BLOCKED', text);
  await second.store.liftBan('key', key!.id);
  await expect.poll(async () => (await second.call('getBalance', { clientKey })).status).toBe(200);
});

test('an empty account is told so, and not locked out', async () => {
  await using world = await openWorld({ money: 0, settings: { blockErrors: 3 } });
  for (let i = 0; i < 5; i++)
    expect((await world.call('createTask', await imageTask())).body.errorCode).toBe('ERROR_ZERO_BALANCE');
});

test('whoever does not hold the key, or may not use it from there, cannot block it', async () => {
  await using world = await openWorld({ settings: { blockErrors: 3, banErrors: 1_000 } });
  const elsewhere = await world.addKey({ addresses: ['203.0.113.0/24'] });
  const expired = await world.addKey({ expiresAt: world.clock.now() });
  const alike = `${world.key.slice(0, -1)}${world.key.endsWith('0') ? '1' : '0'}`;
  const strange = [alike, world.key.slice(0, 20), ` ${world.key}`, elsewhere, expired];
  for (const clientKey of strange)
    for (let n = 0; n < 4; n++) {
      const refused = await world.call('createTask', { clientKey, task: { type: 'Nonsense' } });
      expect(refused.body.errorCode).toBe('ERROR_KEY_DENIED_ACCESS');
    }
  expect((await world.call('getBalance')).status).toBe(200);
  expect(await world.store.listBans(world.clock.now())).toEqual([]);
});
