import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { expectReady, expectRefusal, imageTask, openWorld, price, start } from '../world.ts';

const text = 'Task ID does not exist or is invalid';
const unknown = '00000000-0000-4000-8000-000000000000';

test('ids that are unknown, malformed or missing', async () => {
  await using world = await openWorld();
  const missing = `${text}: taskId: is missing`;
  const noText = `${text}: taskId: is not a string`;
  for (const [taskId, says] of [
    [unknown, text],
    ['x', text],
    ['', text],
    [`${unknown}\0`, text],
    [null, missing],
    [undefined, missing],
    [7, noText],
    [['a'], noText],
    [{ a: 1 }, noText],
  ] as const) {
    expectRefusal(await world.call('getTaskResult', { taskId }), 'ERROR_TASKID_INVALID', says);
    const report = { taskId, result: { invalid: true } };
    expectRefusal(await world.call('feedbackTask', report), 'ERROR_TASKID_INVALID', says);
  }
});

test('an id is known in upper case too, as some clients write it', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  expectReady(await world.call('getTaskResult', { taskId: body.taskId.toUpperCase() }));
});

test('another account’s task looks like none', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  await world.openAccount('bob', 0);
  const bobs = await world.addKey({ accountId: 'bob' });
  const query = { clientKey: bobs, taskId: body.taskId, result: { invalid: true } };
  expectRefusal(await world.call('getTaskResult', query), 'ERROR_TASKID_INVALID', text);
  expectRefusal(await world.call('feedbackTask', query), 'ERROR_TASKID_INVALID', text);
  expectReady(await world.call('getTaskResult', { taskId: body.taskId }));
});

test('a result is there for 5 minutes from its creation', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  world.clock.advance(299_000);
  expectReady(await world.call('getTaskResult', { taskId: body.taskId }));
  world.clock.advance(2_000);
  expectRefusal(await world.call('getTaskResult', { taskId: body.taskId }), 'ERROR_TASKID_INVALID', text);
  await world.store.sweep(world.clock.now());
  expectRefusal(await world.call('getTaskResult', { taskId: body.taskId }), 'ERROR_TASKID_INVALID', text);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('the 121st poll finds nothing', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  for (let poll = 1; poll <= 120; poll++)
    expectReady(await world.call('getTaskResult', { taskId: body.taskId }));
  expectRefusal(await world.call('getTaskResult', { taskId: body.taskId }), 'ERROR_TASKID_INVALID', text);
});

test('a report of a task that has no answer, yet or at all', async () => {
  const later = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [later.type] });
  const { taskId } = (await world.call('createTask', { task: { type: 'EchoTask', say: 'x' } })).body;
  await expect.poll(() => later.asked.length).toBe(1);
  const report = () => world.call('feedbackTask', { taskId, result: { invalid: true } });
  expectRefusal(await report(), 'ERROR_TASKID_INVALID', text);
  later.asked[0]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE'));
  await expect.poll(async () => (await world.call('getTaskResult', { taskId })).body.status).toBe('failed');
  expectRefusal(await report(), 'ERROR_TASKID_INVALID', text);
  expect(await world.store.listFeedback({ wrong: false, limit: 10 })).toEqual([]);
});
