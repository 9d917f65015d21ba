import { expect, test } from 'vitest';
import { expectReady, expectRefusal, imageTask, openWorld, picture, start } from '../world.ts';

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
    [{ ...task, type: 7 }, 'task.type: is not a string'],
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

test('a recognition has no use for a proxy, and refuses one that is none', async () => {
  await using world = await openWorld();
  const body = await picture();
  const tasks = [
    { type: 'ImageToTextTask', body },
    { type: 'VisionEngine', module: 'ocr_gif', image: body },
    { type: 'ImageClassificationTask', images: [body], question: 'cat' },
  ];
  const cases: [object, string][] = [
    [
      { proxy: 'garbage' },
      'task.proxy: is not host:port, scheme:host:port:login:password or scheme://login:password@host:port',
    ],
    [{ proxy: 7 }, 'task.proxy: is not a string'],
    [{ proxyAddress: '192.0.2.1', proxyPort: 70_000 }, 'task.proxyPort: is not a port'],
    [{ proxyType: 'http' }, 'task.proxyAddress: is missing'],
    [
      {
        proxyType: 'socks5',
        proxyAddress: '192.0.2.1',
        proxyPort: 1080,
        proxyLogin: 'user',
        proxyPassword: 'x'.repeat(256),
      },
      'task.proxyPassword: is over 255 bytes, the most that SOCKS 5 can say',
    ],
  ];
  for (const task of tasks)
    for (const [proxy, expected] of cases) {
      const refused = await world.call('createTask', { task: { ...task, ...proxy } });
      expectRefusal(refused, 'ERROR_INVALID_TASK_DATA', text(expected));
    }
  const none = {
    proxyType: null,
    proxyAddress: null,
    proxyPort: null,
    proxyLogin: null,
    proxyPassword: null,
  };
  for (const proxy of [{ proxy: null, ...none }, { proxy: 'socks5:10.0.0.1:4780:user:pwd' }, { proxy: '' }])
    expectReady(await world.call('createTask', { task: { ...tasks[0], ...proxy } }));
});

test('a report that is none is refused, with the field and what is wrong in our own words', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  for (const [result, problem] of [
    [undefined, 'result: is missing'],
    [null, 'result: is missing'],
    ['x', 'result: is not an object'],
    [[], 'result: is not an object'],
    [{}, 'result.invalid: is missing'],
    [{ invalid: null }, 'result.invalid: is missing'],
    [{ invalid: 'x' }, 'result.invalid: is neither true nor false'],
    [{ invalid: true, code: 1.5 }, 'result.code: is not a whole number of 32 bits'],
    [{ invalid: true, code: 2 ** 31 }, 'result.code: is not a whole number of 32 bits'],
    [{ invalid: true, message: 1 }, 'result.message: is not a string'],
    [{ invalid: true, message: 'x'.repeat(1_001) }, 'result.message: has more than 1000 characters'],
  ] as const) {
    const refused = await world.call('feedbackTask', { taskId: body.taskId, result });
    expectRefusal(refused, 'ERROR_INVALID_TASK_DATA', `Invalid task data: ${problem}`);
  }
});

test('a report may have its number and switch as texts, unless the server is strict', async () => {
  const results = [{ invalid: 'true' }, { invalid: 1 }, { invalid: '0', code: '1001' }];
  for (const strict of [false, true]) {
    await using world = await openWorld({ settings: { strict } });
    const { taskId } = (await world.call('createTask', await imageTask())).body;
    for (const result of results) {
      const { body } = await world.call('feedbackTask', { taskId, result });
      expect(body.errorCode).toBe(strict ? 'ERROR_INVALID_TASK_DATA' : '');
    }
  }
});
