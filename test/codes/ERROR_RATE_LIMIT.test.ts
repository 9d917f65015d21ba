import { expect, test } from 'vitest';
import { expectReady, expectRefusal, gatedReader, imageTask, openWorld, price, start } from '../world.ts';

test('more requests than the limit in a minute are refused, cost nothing, and pass again later', async () => {
  await using world = await openWorld({ settings: { rateLimit: 3 } });
  for (let i = 0; i < 3; i++) expect((await world.call('getBalance')).status).toBe(200);

  const refused = await world.call('createTask', await imageTask());
  expectRefusal(refused, 'ERROR_RATE_LIMIT', 'Request frequency/rate limit: at most 3 requests in 60 s');
  const wait = Number(refused.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(0);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });

  world.clock.advance(wait * 1000);
  expectReady(await world.call('createTask', await imageTask()));
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('requests that are refused do not count toward the limit', async () => {
  await using world = await openWorld({ settings: { rateLimit: 1 } });
  expect((await world.call('getBalance')).status).toBe(200);
  for (let i = 0; i < 3; i++) {
    world.clock.advance(19_000);
    expect((await world.call('getBalance')).body.errorCode).toBe('ERROR_RATE_LIMIT');
  }
  world.clock.advance(9_000);
  expect((await world.call('getBalance')).status).toBe(200);
});

test('the keys of a package share its limit, which goes before the standard one', async () => {
  await using world = await openWorld({ settings: { rateLimit: 1 } });
  const first = await world.addPackage({ id: 'pro', rateLimit: 2 });
  const second = await world.addKey({ packageId: 'pro' });

  expect((await world.call('getBalance', { clientKey: first })).status).toBe(200);
  expect((await world.call('getBalance', { clientKey: second })).status).toBe(200);
  const refused = await world.call('getBalance', { clientKey: first });
  expectRefusal(refused, 'ERROR_RATE_LIMIT', 'Request frequency/rate limit: at most 2 requests in 60 s');
});

test('more tasks at once than the limit are refused; a place is free again when one ends', async () => {
  const { read, finish } = gatedReader('abc');
  await using world = await openWorld({
    settings: { concurrency: 1 },
    engines: { text: { read } },
  });
  const first = world.call('createTask', await imageTask());
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });

  const refused = await world.call('createTask', await imageTask());
  expectRefusal(refused, 'ERROR_RATE_LIMIT', 'Request frequency/rate limit: at most 1 tasks at once');
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await world.money()).toEqual({ posted: start, pending: price });

  finish();
  expectReady(await first);
  expectReady(await world.call('createTask', await imageTask()));
});

test('a task that is refused gives its place back', async () => {
  await using world = await openWorld({ settings: { concurrency: 1 } });
  const refused = await world.call('createTask', { task: { type: 'ImageToTextTask' } });
  expect(refused.body.errorCode).toBe('ERROR_INVALID_TASK_DATA');
  expectReady(await world.call('createTask', await imageTask()));
});

test('a call of res.php for more tasks than there is room for tells those that there is', async () => {
  await using world = await openWorld({ settings: { rateLimit: 3 } });
  const made = await world.call('createTask', await imageTask());
  expectReady(made);
  const number = (await world.store.numberOfTask({ taskId: made.body.taskId, accountId: 'alice' }))!;
  const asked = `${world.url}/res.php?key=${world.key}&action=get&ids=${new Array(4).fill(number)}`;
  expect(await (await fetch(asked)).text()).toBe('k7mp2|k7mp2|CAPCHA_NOT_READY|CAPCHA_NOT_READY');
  expect(await (await fetch(asked)).text()).toBe('ERROR: 1005');
});
