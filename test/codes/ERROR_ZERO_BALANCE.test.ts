import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, price, start } from '../world.ts';

const text = 'Insufficient account balance';

test('an account that cannot pay a task, before and after its last cent', async () => {
  await using world = await openWorld({ money: price + price - 1 });
  expectReady(await world.call('createTask', await imageTask()));
  expectRefusal(await world.call('createTask', await imageTask()), 'ERROR_ZERO_BALANCE', text);
  expect(await world.money()).toEqual({ posted: price - 1, pending: 0 });
  await world.store.topUp({ accountId: 'alice', amount: 1, note: 'test', now: world.clock.now() });
  expectReady(await world.call('createTask', await imageTask()));
  expect(await world.money()).toEqual({ posted: 0, pending: 0 });
});

test('of 50 racers for the last cent exactly one wins', async () => {
  await using world = await openWorld({ money: price });
  const task = await imageTask();
  const answers = await Promise.all(Array.from({ length: 50 }, () => world.call('createTask', task)));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, 'ERROR_ZERO_BALANCE', text);
  expect(await world.money()).toEqual({ posted: 0, pending: 0 });
});

test('a package pays with calls, and then not with its account’s money', async () => {
  await using world = await openWorld();
  const clientKey = await world.addPackage({ id: 'two', calls: 1 });
  expectReady(await world.call('createTask', { clientKey, ...(await imageTask()) }));
  expectRefusal(
    await world.call('createTask', { clientKey, ...(await imageTask()) }),
    'ERROR_ZERO_BALANCE',
    `${text}: the package has no calls left`,
  );
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a package that has expired', async () => {
  await using world = await openWorld();
  const clientKey = await world.addPackage({ id: 'old', expiresAt: world.clock.now() + 1_000 });
  world.clock.advance(1_000);
  expectRefusal(
    await world.call('createTask', { clientKey, ...(await imageTask()) }),
    'ERROR_ZERO_BALANCE',
    `${text}: the package has expired`,
  );
});

test('a key whose daily cap is reached, until the next day', async () => {
  await using world = await openWorld();
  const clientKey = await world.addKey({ dailyCap: price });
  expectReady(await world.call('createTask', { clientKey, ...(await imageTask()) }));
  expectRefusal(
    await world.call('createTask', { clientKey, ...(await imageTask()) }),
    'ERROR_ZERO_BALANCE',
    `${text}: the daily cap of the key is reached`,
  );
  world.clock.advance(86_400_000);
  expectReady(await world.call('createTask', { clientKey, ...(await imageTask()) }));
  expect(await world.money()).toEqual({ posted: start - 2 * price, pending: 0 });
});
