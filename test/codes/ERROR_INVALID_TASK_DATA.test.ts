import { expect, test } from 'vitest';
import { expectRefusal, imageTask, openWorld, start } from '../world.ts';

const text = (detail: string) => `Invalid task data: ${detail}`;

test('a body that is no JSON object is refused with the live service’s words', async () => {
  await using world = await openWorld();
  for (const body of ['{bad', '[]', '', 'null', '"x"', '7', '{"a":1}}', "{'a':1}", null]) {
    const refused = await world.send('/createTask', body);
    expectRefusal(refused, 'ERROR_INVALID_TASK_DATA', text('request body must be a json raw'));
  }
});

test('the field at fault is named, and nothing is charged', async () => {
  await using world = await openWorld();
  const { task } = await imageTask();
  const cases: [unknown, string | RegExp][] = [
    [undefined, 'task: is missing'],
    [null, 'task: is missing'],
    ['text', 'task: is not an object'],
    [[task], 'task: is not an object'],
    [{}, 'task.type: is missing'],
    [{ ...task, type: 7 }, 'task.type: is missing'],
    [{ ...task, body: undefined }, 'task.body: is missing'],
    [{ ...task, body: 7 }, 'task.body: is not a string'],
    [{ ...task, module: 'nonsense' }, 'task.module: is not one of common, number, math'],
    [{ ...task, score: 2 }, /^Invalid task data: task\.score: /],
    [
      { type: task.type, module: 'number', images: Array(10).fill(task.body) },
      /^Invalid task data: task\.images: /,
    ],
    [{ type: task.type, module: 'number', images: [task.body, 7] }, 'task.images.1: is not a string'],
  ];
  for (const [given, expected] of cases) {
    const refused = await world.call('createTask', { task: given });
    const description = typeof expected === 'string' ? text(expected) : expect.stringMatching(expected);
    expectRefusal(refused, 'ERROR_INVALID_TASK_DATA', description as string);
  }
  expect(await world.money()).toEqual({ posted: start, pending: 0 });
});

test('a report without its one required field is refused', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  for (const [result, field] of [
    [undefined, 'result'],
    [{}, 'result.invalid'],
    [{ invalid: 'yes' }, 'result.invalid'],
    [{ invalid: true, code: 1.5 }, 'result.code'],
    [{ invalid: true, message: 'x'.repeat(1_001) }, 'result.message'],
  ] as const) {
    const refused = await world.call('feedbackTask', { taskId: body.taskId, result });
    expectRefusal(
      refused,
      'ERROR_INVALID_TASK_DATA',
      expect.stringMatching(`^Invalid task data: ${field}: `),
    );
  }
});
