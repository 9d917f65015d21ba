import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCodes, errorTable } from '../../src/errors.ts';
import { describeFault, Fault } from '../../src/fault.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { laterPrices, laterType } from '../laterType.ts';
import {
  expectReady,
  expectRefusal,
  FakeClock,
  openWorld,
  picture,
  price,
  stalledReader,
  start,
  type World,
} from '../world.ts';

/** What needs no client but plain HTTP, against the real recogniser where it matters. */
const clock = new FakeClock();
const example = (name: string) => readFileSync(`examples/${name}`).toString('base64');
let recognizer: RecognizerPool;
let world: World;

beforeAll(async () => {
  recognizer = await RecognizerPool.start({ threads: 1, queueLimit: 64, clock });
  world = await openWorld({ clock, engines: { text: recognizer } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await recognizer.stop();
});

const image = (more: object = {}) => ({
  task: { type: 'ImageToTextTask', body: example('common.png'), ...more },
});

test('createTask of a good image is answered at once, with exactly six keys and a UUID', async () => {
  expectReady(await world.call('createTask', image()), {
    text: 'hR4nTe',
    confidence: expect.any(Number),
  });
});

test('ClientKey, AppID and an unknown source make no difference', async () => {
  const body = { ClientKey: world.key, AppID: 'x', source: 'y', ...image() };
  expectReady(await world.send('/createTask', JSON.stringify(body)));
});

test('{bad, [] and an empty body are refused as no JSON object', async () => {
  for (const body of ['{bad', '[]', ''])
    expectRefusal(
      await world.send('/createTask', body),
      'ERROR_INVALID_TASK_DATA',
      'Invalid task data: request body must be a json raw',
    );
});

test('valid JSON as text/plain: 400 when strict, 200 when lenient', async () => {
  const plain = { headers: { 'content-type': 'text/plain' } };
  expectReady(await world.call('createTask', image(), plain));
  await using strict = await openWorld({ settings: { strict: true } });
  const refused = await strict.call('createTask', image(), plain);
  expect(refused.status).toBe(400);
  expect(refused.body.errorDescription).toContain('request body must be a json raw');
});

test('an unknown key is refused by each method', async () => {
  for (const method of ['createTask', 'getTaskResult', 'getBalance', 'getState', 'feedbackTask', 'getToken'])
    expectRefusal(
      await world.call(method, { clientKey: 'CAP-UNKNOWN' }),
      'ERROR_KEY_DENIED_ACCESS',
      'Wrong account key',
    );
});

test('a sandbox key brings each of the 17 codes, on every method', async () => {
  await using sandbox = await openWorld({ settings: { sandbox: true } });
  const methods = ['createTask', 'getTaskResult', 'getBalance', 'getState', 'feedbackTask', 'getToken'];
  for (const code of errorCodes)
    for (const method of methods) {
      const { status, body } = await sandbox.call(method, { clientKey: `test-err-${code}`, ...image() });
      expect({ status, body }).toEqual({
        status: errorTable[code].status,
        body: {
          errorId: 1,
          errorCode: code,
          errorDescription: describeFault(new Fault(code, { retryAfterMs: 600_000 }), 'en'),
        },
      });
    }
});

test('token types of anti-bot services are not supported, in whatever spelling, and cost nothing', async () => {
  const before = await world.money();
  const types = [
    'ReCaptchaV2TaskProxyLess',
    'HCaptchaTask',
    'AntiTurnstileTaskProxyLess',
    'DatadomeSliderTask',
  ];
  for (const type of [...types, 'AntiAwsWafTask', 'GeeTestTaskProxyLess'])
    for (const spelling of [type, type.toLowerCase(), type.replace('ProxyLess', 'Proxyless')])
      expectRefusal(
        await world.call('createTask', { task: { type: spelling } }),
        'ERROR_TASK_NOT_SUPPORTED',
        'Task types are not supported',
      );
  expect(await world.money()).toEqual(before);
});

test('getToken says that the type is not supported', async () => {
  expectRefusal(
    await world.call('getToken', { task: { type: 'ReCaptchaV2TaskProxyLess' } }),
    'ERROR_TASK_NOT_SUPPORTED',
    'Task types are not supported',
  );
});

test('getState is getBalance', async () => {
  expect((await world.call('getState')).body).toEqual((await world.call('getBalance')).body);
});

test('a pending task is polled 120 times, and then unknown', async () => {
  const settings = { prices: laterPrices, drainSeconds: 0.1 };
  await using pending = await openWorld({ settings, moreTypes: [laterType().type] });
  const { taskId } = (await pending.call('createTask', { task: { type: 'EchoTask', say: 'x' } })).body;
  for (let poll = 1; poll <= 120; poll++)
    expect((await pending.call('getTaskResult', { taskId })).body.status).toBe('processing');
  expectRefusal(
    await pending.call('getTaskResult', { taskId }),
    'ERROR_TASKID_INVALID',
    'Task ID does not exist or is invalid',
  );
});

test('a result is there after 4:59 minutes and no more after 5:01', async () => {
  const { taskId } = (await world.call('createTask', image())).body;
  clock.advance(299_000);
  expectReady(await world.call('getTaskResult', { taskId }));
  clock.advance(2_000);
  expectRefusal(
    await world.call('getTaskResult', { taskId }),
    'ERROR_TASKID_INVALID',
    'Task ID does not exist or is invalid',
  );
});

test('a task whose engine stalls has timed out after 120 s, and costs nothing', async () => {
  await using stalled = await openWorld({ engines: { text: stalledReader } });
  const answer = stalled.call('createTask', image());
  await expect.poll(() => stalled.money()).toEqual({ posted: start, pending: price });
  stalled.clock.advance(120_000);
  expectRefusal(await answer, 'ERROR_TASK_TIMEOUT', 'The task has timed out');
  expect(await stalled.money()).toEqual({ posted: start, pending: 0 });
});

test('1,000 errors in 60 s ban an address, for ten minutes', async () => {
  await using banned = await openWorld();
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 50 }, () => banned.send('/createTask', '{bad')));
  const refused = await banned.call('getBalance');
  expectRefusal(refused, 'ERROR_IP_BANNED', 'Your IP has been blocked for 10 minutes');
  banned.clock.advance(600_000);
  expect((await banned.call('getBalance')).status).toBe(200);
});

describe('the module number', () => {
  const numbers = (count: number) => ({
    task: { type: 'ImageToTextTask', module: 'number', images: Array(count).fill(example('number.png')) },
  });

  test('gives 9 images 9 answers, in their order', async () => {
    const { body } = await world.call('createTask', numbers(9));
    expect(body.solution.answers).toHaveLength(9);
    for (const answer of body.solution.answers) expect(answer).toMatch(/^\d+$/);
  });

  test('refuses 10 images', async () => {
    const { body } = await world.call('createTask', numbers(10));
    expect(body.errorCode).toBe('ERROR_INVALID_TASK_DATA');
  });
});

test('an image that cannot be read as surely as its score asks is unsolvable, and costs nothing', async () => {
  const before = await world.money();
  const blurred = await sharp(Buffer.from(example('common.png'), 'base64'))
    .blur(12)
    .png()
    .toBuffer();
  const refused = await world.call('createTask', image({ body: blurred.toString('base64'), score: 0.99 }));
  expect(refused.body.errorCode).toBe('ERROR_CAPTCHA_UNSOLVABLE');
  expect(refused.status).toBe(400);
  expect(await world.money()).toEqual(before);
});

test('a data URI is read when lenient, and no image when strict', async () => {
  const body = `data:image/png;base64,${await picture()}`;
  await using lenient = await openWorld();
  expectReady(await lenient.call('createTask', image({ body })));
  await using strict = await openWorld({ settings: { strict: true } });
  const json = { headers: { 'content-type': 'application/json' } };
  const refused = await strict.call('createTask', image({ body }), json);
  expect(refused.body.errorCode).toBe('ERROR_PARSE_IMAGE_FAIL');
});

test.each([
  ['slider_1', { distance: 57 }],
  ['rotate_1', { angle: 123 }],
])('VisionEngine %s answers with whole pixels or degrees', async (module, solution) => {
  const puzzles = {
    findGap: async () => ({ x: 57.3, y: 20, confidence: 0.9 }),
    findTurn: async () => ({ angle: 122.8, confidence: 0.9 }),
    findClicks: async () => undefined,
  };
  await using solving = await openWorld({ engines: { puzzles } });
  const [image, imageBackground] = [await picture(40, 40), await picture(300, 150)];
  const task = { type: 'VisionEngine', module, image, imageBackground };
  expectReady(await solving.call('createTask', { task }), solution);
});

test('an unknown module is refused', async () => {
  expectRefusal(
    await world.call('createTask', image({ module: 'module_999' })),
    'ERROR_INVALID_TASK_DATA',
    'Invalid task data: task.module: is not one of common, number, math',
  );
});

test('an unknown question is refused', async () => {
  const task = { type: 'ImageClassificationTask', images: [await picture()], question: 'what is that?' };
  expectRefusal(
    await world.call('createTask', { task }),
    'ERROR_UNKNOWN_QUESTION',
    'Wrong Question ID: task.question: see GET /questions',
  );
});

test('feedbackTask takes true, then false, then false again, but no unknown id', async () => {
  const { taskId } = (await world.call('createTask', image())).body;
  for (const invalid of [true, false, false])
    expect((await world.call('feedbackTask', { taskId, result: { invalid } })).body.message).toBe('okay');
  const unknown = { taskId: '00000000-0000-4000-8000-000000000000', result: { invalid: true } };
  expectRefusal(
    await world.call('feedbackTask', unknown),
    'ERROR_TASKID_INVALID',
    'Task ID does not exist or is invalid',
  );
});
