import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorCode, errorCodes, errorTable } from '../../src/errors.ts';
import { Fault } from '../../src/fault.ts';
import { capsolver } from '../../src/http/dialects/capsolver.ts';
import type { Reading } from '../../src/reading.ts';
import { standardPrices } from '../../src/settings/prices.ts';
import { documentOf } from '../documented.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { imageTask, openWorld, picture, type World } from '../world.ts';

const found = { confidence: 0.9 };
const reading: Reading = {
  text: '3+4=',
  confidence: 0.9,
  characters: [{ character: '3', confidence: 0.99 }],
  alternatives: [{ text: '3+4=?', confidence: 0.05 }],
};

let world: World;
let documented: Awaited<ReturnType<typeof documentOf>>;
let next: () => Promise<Reading>;
const later = laterType();
beforeAll(async () => {
  world = await openWorld({
    settings: { prices: { ...standardPrices, ...laterPrices }, drainSeconds: 0.1, blockErrors: 1_000 },
    moreTypes: [later.type],
    engines: {
      text: { read: () => next() },
      puzzles: {
        findGap: async () => ({ x: 213.4, y: 41, ...found }),
        findTurn: async () => ({ angle: 359.7, ...found }),
        findClicks: async () => ({ points: [{ x: 60.2, y: 50 }], ...found }),
      },
      classes: { classify: async () => new Float32Array(1_000).fill(0.001) },
    },
  });
  next = async () => reading;
  documented = await documentOf(world);
});
afterAll(() => world[Symbol.asyncDispose]());

test('the document is valid OpenAPI 3.1', async () => {
  expect(documented.document.openapi).toMatch(/^3\.1\./);
  expect(await new Validator().validate(documented.document)).toEqual({ valid: true });
});

test('it names every call of the dialect and the one beside them, and no other that is posted', () => {
  const posted = Object.entries(documented.document.paths).filter(([, call]) => 'post' in (call as object));
  expect(posted.map(([path]) => path).sort()).toEqual(
    [...Object.keys(capsolver.methods), '/createTasks'].sort(),
  );
});

test('it tells of the modules that the contract once had, which the server reads', async () => {
  const { properties } = documented.document.components.schemas.ImageToTextTask;
  for (const module of ['queueit', 'module_032']) {
    expect(properties.module.description).toContain(module);
    const task = { ...(await imageTask()).task, module };
    expect((await world.call('createTask', { task })).status).toBe(200);
  }
});

test('a task that the sandbox lets fail for its key is an answer that it describes', async () => {
  await using staged = await openWorld({ settings: { sandbox: true } });
  const clientKey = 'test-fail-ERROR_KEY_DENIED_ACCESS';
  const { taskId } = (await staged.call('createTask', { clientKey, ...(await imageTask()) })).body;
  const failed = await staged.call('getTaskResult', { clientKey, taskId });
  expect([failed.status, failed.body.status]).toEqual([401, 'failed']);
  (await documentOf(staged)).expectAnswer('/getTaskResult', failed);
});

test('it names every task type with all of its modules', () => {
  const { schemas } = documented.document.components;
  const modules = Object.keys(standardPrices).map((name) => name.split('/') as [string, string]);
  for (const [type, module] of modules) {
    const { properties } = schemas[type];
    expect(properties.type.const).toBe(type);
    expect(properties.module?.enum ?? ['common']).toContain(module);
    expect(schemas.Task.oneOf).toContainEqual({ $ref: `#/components/schemas/${type}` });
    expect(schemas.Solution.anyOf).toContainEqual({ $ref: `#/components/schemas/${type}Solution` });
  }
});

test.each(errorCodes)('it names %s with its status, and with no other', (code) => {
  const { schemas, responses } = documented.document.components;
  const named = { 400: 'Refused', 401: 'Denied' };
  for (const [status, name] of Object.entries(named)) {
    const isOfStatus = errorTable[code].status === Number(status);
    expect(schemas[name].properties.errorCode.enum.includes(code)).toBe(isOfStatus);
    expect(responses[name].description.includes(`\`${code}\``)).toBe(isOfStatus);
  }
});

test('a field that it calls required is required, and a request that it describes is taken', async () => {
  const task = (await imageTask()).task;
  const created = await world.call('createTask', { task });
  const { taskId } = created.body;
  const full: Record<string, Record<string, unknown>> = {
    '/createTask': { task, callbackUrl: null, appId: 'x' },
    '/getTaskResult': { taskId },
    '/feedbackTask': { taskId, result: { invalid: true, code: 1001, message: null } },
  };
  for (const [path, fields] of Object.entries(full)) {
    const { schema } = documented.document.paths[path].post.requestBody.content['application/json'];
    const request = { clientKey: world.key, ...fields };
    expect((await world.send(path, JSON.stringify(request))).status, path).toBe(200);
    for (const name of schema.required) {
      const without = await world.send(path, JSON.stringify({ ...request, [name]: undefined }));
      expect(without.status, `${path} without ${name}`).toBe(name === 'clientKey' ? 401 : 400);
    }
  }
});

test('it names every header of an answer, and none that no answer has', async () => {
  const { paths, components } = documented.document;
  const created = await world.call('createTask', { task: { type: 'EchoTask', say: 'x' } });
  const { taskId } = created.body;
  await expect.poll(() => later.asked.length).toBe(1);
  later.asked.pop()!.end.resolve({ text: 'late', confidence: 1 });
  await expect.poll(async () => (await world.call('getTaskResult', { taskId })).body.status).toBe('ready');
  const polled = await world.call('getTaskResult', { taskId }, { headers: { prefer: 'wait=1' } });
  const cut = await openWorld({ settings: { rateLimit: 1 } });
  await cut.call('getBalance');
  const limited = await cut.call('getBalance');
  await cut[Symbol.asyncDispose]();
  const seen = new Set<string>();
  for (const [path, answer] of [
    ['/createTask', created],
    ['/getTaskResult', polled],
    ['/getBalance', limited],
  ] as const) {
    const given = paths[path].post.responses[answer.status];
    const { headers } = given.$ref ? components.responses[given.$ref.split('/').at(-1)] : given;
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    for (const name of answer.headers.keys())
      if (/^(x-|ratelimit|retry|prefer|server-)/.test(name)) expect(names).toContain(name);
    for (const name of names) if (answer.headers.has(name)) seen.add(name);
  }
  const all = Object.keys(components.headers).map((name) => name.toLowerCase());
  expect([...seen].sort()).toEqual(all.sort());
});

describe('what is answered is what the document says', () => {
  const image = picture();
  const tasks: Record<string, () => Promise<Record<string, unknown>>> = {
    'ImageToTextTask, text': async () => ({ body: await image }),
    'ImageToTextTask, details': async () => ({ body: await image, details: true }),
    'ImageToTextTask, math': async () => ({ body: await image, module: 'math', details: true }),
    'ImageToTextTask, several': async () => ({ images: [await image, await image], module: 'number' }),
    'ImageClassificationTask, any': async () => ({ images: [await image], question: 'dog' }),
    ...Object.fromEntries(
      ['slider_1', 'space_detection', 'rotate_1', 'rotate_2', 'click_order', 'ocr_gif'].map((module) => [
        `VisionEngine, ${module}`,
        async () => ({ module, image: await image, imageBackground: await image, imagePrompt: await image }),
      ]),
    ),
  };

  test.each(Object.keys(tasks))('%s', async (name) => {
    const type = name.split(',')[0]!;
    const answer = await world.call('createTask', { task: { type, ...(await tasks[name]!()) } });
    expect(answer.body.status).toBe('ready');
    documented.expectAnswer('/createTask', answer);
    documented.expectSchema(`${type}Solution`, answer.body.solution);
    const { taskId } = answer.body;
    documented.expectAnswer('/getTaskResult', await world.call('getTaskResult', { taskId }));
  });

  test('a queued task: idle, processing, ready, failed', async () => {
    const create = () => world.call('createTask', { task: { type: 'EchoTask', say: 'x' } });
    const [solved, failing] = [await create(), await create()];
    const poll = (created: typeof solved) => world.call('getTaskResult', { taskId: created.body.taskId });
    expect(solved.body.status).toBe('idle');
    documented.expectAnswer('/createTask', solved);
    documented.expectAnswer('/getTaskResult', await poll(solved));
    await expect.poll(() => later.asked.length).toBe(2);
    later.asked[0]!.end.resolve({ text: 'late', confidence: 1 });
    later.asked[1]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE'));
    await expect.poll(async () => (await poll(solved)).body.status).toBe('ready');
    await expect.poll(async () => (await poll(failing)).body.status).toBe('failed');
    documented.expectAnswer('/getTaskResult', await poll(solved));
    documented.expectAnswer('/getTaskResult', await poll(failing));
  });

  test('money, packages, reports and questions', async () => {
    await world.addPackage({ id: 'p', expiresAt: world.clock.now() + 1 });
    for (const path of ['/getBalance', '/getState'])
      documented.expectAnswer(path, await world.call(path.slice(1)));
    const { taskId } = (await world.call('createTask', await imageTask())).body;
    for (const path of ['/feedbackTask', '/getToken']) {
      const answer = await world.call(path.slice(1), { taskId, result: { invalid: false } });
      expect(answer.body.message).toBe('okay');
      documented.expectAnswer(path, answer);
    }
    const questions = await fetch(`${world.url}/questions`);
    const { status, headers } = questions;
    documented.expectAnswer('/questions', { status, headers, body: await questions.json() }, 'get');
  });

  test('refusals of every call, with a wrong key and with a right one', async () => {
    for (const path of Object.keys(capsolver.methods)) {
      for (const clientKey of ['wrong', world.key]) {
        const answer = await world.send(path, JSON.stringify({ clientKey }));
        documented.expectAnswer(path, answer);
      }
      documented.expectAnswer(path, await world.send(path, '{bad'));
    }
  });

  test.each(errorCodes.filter((code) => errorTable[code].status === 400))('%s', async (code: ErrorCode) => {
    next = async () => {
      throw new Fault(code);
    };
    const answer = await world.call('createTask', await imageTask());
    next = async () => reading;
    expect(answer.body.errorCode).toBe(code);
    documented.expectAnswer('/createTask', answer);
  });
});
