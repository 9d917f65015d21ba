import { expect, test } from 'vitest';
import { expectRefusal, gatedReader, imageTask, openWorld, price, stalledReader, start } from '../world.ts';

const text = 'The task has timed out';

test('an engine that stalls for 120 s: refused, given back, and failed for whoever asks later', async () => {
  await using world = await openWorld({ engines: { text: stalledReader } });
  const answer = world.call('createTask', await imageTask());
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });
  world.clock.advance(119_999);
  expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 300, 'waiting'))])).toBe(
    'waiting',
  );
  world.clock.advance(1);
  expectRefusal(await answer, 'ERROR_TASK_TIMEOUT', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });

  const entry = (await world.store.listEntries('alice', 1))[0]!;
  const failed = await world.call('getTaskResult', { taskId: entry.taskId });
  expect(failed.status).toBe(400);
  expect(failed.body).toEqual({
    errorId: 1,
    errorCode: 'ERROR_TASK_TIMEOUT',
    errorDescription: text,
    status: 'failed',
    taskId: entry.taskId,
  });
});

test('an engine that answers too late: the answer is dropped and nothing is charged', async () => {
  const { read, finish } = gatedReader('late');
  await using world = await openWorld({ engines: { text: { read } } });
  const answer = world.call('createTask', await imageTask());
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });
  world.clock.advance(120_000);
  finish();
  expectRefusal(await answer, 'ERROR_TASK_TIMEOUT', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('the sweep is first: the answer that comes then is not delivered', async () => {
  const { read, finish } = gatedReader('late');
  await using world = await openWorld({ engines: { text: { read } } });
  const answer = world.call('createTask', await imageTask());
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: price });
  // The clock of this process stands still: the sweep is another node's, whose clock runs ahead.
  await world.store.sweep(world.clock.now() + 120_000);
  finish();
  expectRefusal(await answer, 'ERROR_TASK_TIMEOUT', text);
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});
