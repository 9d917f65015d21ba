import { expect, test } from 'vitest';
import { laterPrices, laterType } from '../laterType.ts';
import { openWorld, start } from '../world.ts';

test('a task whose hold was written and refused is taken back from the worker that was quicker', async () => {
  const later = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [later.type] });
  const { store } = world;
  const reserve = store.reserve.bind(store);
  let isLost = true;
  store.reserve = async (hold) => {
    const outcome = await reserve(hold);
    if (!isLost) return outcome;
    isLost = false;
    throw new Error('the connection ended before the answer');
  };
  const release = store.release.bind(store);
  // The database is away for the first attempt, and a worker is the first to come when it is back.
  let isAway = true;
  store.release = async (done) => {
    if (!isAway) return release(done);
    await expect.poll(() => later.asked.length).toBe(1);
    isAway = false;
    throw new Error('away');
  };
  const { body } = await world.call('createTask', { task: { type: 'EchoTask', say: 'x' } });
  expect(body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  await expect.poll(() => world.money(), { timeout: 5_000 }).toEqual({ posted: start, pending: 0 });
  later.asked[0]!.end.resolve({ said: 'x' });
  await expect.poll(() => isAway).toBe(false);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});
