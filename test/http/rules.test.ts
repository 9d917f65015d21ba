import { expect, test } from 'vitest';
import { laterPrices, laterType } from '../laterType.ts';
import {
  expectReady,
  expectRefusal,
  imageTask,
  openWorld,
  picture,
  price,
  start,
  type World,
} from '../world.ts';

/** Rules of the wire: each one broke a client that was run against a server without it. */

async function laterWorld(settings = {}) {
  const later = laterType();
  const world = await openWorld({
    settings: { prices: laterPrices, drainSeconds: 0.1, ...settings },
    moreTypes: [later.type],
  });
  return { world, later };
}

const ask = (world: World) => world.call('createTask', { task: { type: 'EchoTask', say: 'x' } });

test('createTask of a task that takes longer says "idle"', async () => {
  const { world } = await laterWorld();
  await using _ = world;
  expect((await ask(world)).body.status).toBe('idle');
});

test('getTaskResult never says "idle"', async () => {
  const { world } = await laterWorld();
  await using _ = world;
  const { taskId } = (await ask(world)).body;
  expect((await world.call('getTaskResult', { taskId })).body.status).toBe('processing');
});

test('a failed task is errorId 1, code, description and status "failed"', async () => {
  const { world, later } = await laterWorld();
  await using _ = world;
  const { taskId } = (await ask(world)).body;
  await expect.poll(() => later.asked.length).toBe(1);
  later.asked[0]!.end.reject(new Error('broken'));
  await expect
    .poll(async () => (await world.call('getTaskResult', { taskId })).body)
    .toEqual({
      errorId: 1,
      errorCode: 'ERROR_SERVICE_UNAVALIABLE',
      errorDescription: 'Service is temporarily unavailable',
      status: 'failed',
      taskId,
    });
});

test('answers hold the documented keys and no other', async () => {
  const { world } = await laterWorld();
  await using _ = world;
  const keys = async (method: string, fields: object) =>
    Object.keys((await world.call(method, { ...fields })).body).sort();
  const { body } = await world.call('createTask', await imageTask());
  const common = ['errorCode', 'errorDescription', 'errorId'];
  const task = { taskId: body.taskId };
  expect(Object.keys(body).sort()).toEqual([...common, 'solution', 'status', 'taskId']);
  expect(await keys('getTaskResult', task)).toEqual([...common, 'solution', 'status', 'taskId']);
  expect(await keys('getBalance', {})).toEqual(['balance', ...common, 'packages']);
  expect(await keys('feedbackTask', { ...task, result: { invalid: false } })).toEqual([...common, 'message']);
  expect(await keys('createTask', {})).toEqual(common);
});

test('a task id is a UUID in a string', async () => {
  await using world = await openWorld();
  expect((await world.call('createTask', await imageTask())).body.taskId).toMatch(/^[0-9a-f-]{36}$/);
});

test('an answer given at once stays retrievable', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  const again = await world.call('getTaskResult', { taskId: body.taskId });
  expect(again.body).toEqual(body);
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});

test('statuses are 200, 400 and 401, also for limits, bans and our own faults', async () => {
  await using world = await openWorld({ settings: { rateLimit: 1, banErrors: 6, prices: {} } });
  const statuses = new Set<number>();
  const note = async (answer: ReturnType<World['call']>) => statuses.add((await answer).status);
  await note(world.call('createTask', await imageTask()));
  await note(world.call('getBalance'));
  await note(world.call('getBalance', { clientKey: 'x' }));
  for (let i = 0; i < 10; i++) await note(world.send('/nothing', '{}'));
  await note(world.send('/getBalance', null, { method: 'DELETE' }));
  expect([...statuses].sort()).toEqual([400, 401]);
});

test('every answer is application/json', async () => {
  await using world = await openWorld();
  for (const answer of [
    await world.call('getBalance'),
    await world.send('/', 'x'),
    await world.send('/getToken', '{}'),
  ])
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
});

test('top-level names in any case, unknown ones ignored, null counts as absent', async () => {
  await using world = await openWorld();
  const { task } = await imageTask({ module: null, score: null, case: null, websiteURL: null });
  const body = {
    ClientKey: world.key,
    AppID: 'app',
    callbackUrl: null,
    source: 'sdk',
    version: '1.1',
    Task: task,
  };
  expectReady(await world.send('/createTask', JSON.stringify(body)));
});

test('lenient reads JSON under any Content-Type; strict refuses with the live service’s words', async () => {
  const types = ['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'nonsense', 'a/b; c="'];
  await using lenient = await openWorld();
  for (const type of types)
    expect((await lenient.call('getBalance', {}, { headers: { 'content-type': type } })).status).toBe(200);

  await using strict = await openWorld({ settings: { strict: true } });
  for (const type of types)
    expectRefusal(
      await strict.call('getBalance', {}, { headers: { 'content-type': type } }),
      'ERROR_INVALID_TASK_DATA',
      'Invalid task data: request body must be a json raw: it is not application/json',
    );
  const json = { headers: { 'content-type': 'Application/JSON; charset=utf-8' } };
  expect((await strict.call('getBalance', {}, json)).status).toBe(200);
});

test('errorCode is empty on success', async () => {
  await using world = await openWorld();
  expect((await world.call('getBalance')).body).toMatchObject({
    errorId: 0,
    errorCode: '',
    errorDescription: '',
  });
});

test('a solution is an object, for one image and for several', async () => {
  await using world = await openWorld();
  const one = await world.call('createTask', await imageTask());
  expectReady(one, { text: 'k7mp2', confidence: 0.97 });
  const images = [await picture(), await picture()];
  const several = await world.call('createTask', {
    task: { type: 'ImageToTextTask', module: 'number', images },
  });
  expectReady(several, expect.objectContaining({ answers: ['k7mp2', 'k7mp2'] }));
});

test('feedback that is posted to getToken by mistake is feedback', async () => {
  await using world = await openWorld();
  const { taskId } = (await world.call('createTask', await imageTask())).body;
  const answer = await world.call('getToken', { taskId, result: { invalid: true, code: 1001 } });
  expect(answer.body).toEqual({ errorId: 0, errorCode: '', errorDescription: '', message: 'okay' });
});

test('a prefix of the path chooses no dialect', async () => {
  await using world = await openWorld();
  for (const prefix of ['capsolver', 'anticaptcha', 'capmonster', '2captcha']) {
    const answer = await world.call(`${prefix}/createTask`, await imageTask());
    expect([answer.status, answer.body.errorCode]).toEqual([400, 'ERROR_BAD_REQUEST']);
  }
});

test('what the official clients drop arrives over plain HTTP: the confidence beside the text', async () => {
  await using world = await openWorld();
  const { body } = await world.call('createTask', await imageTask());
  expect(body.solution).toEqual({ text: 'k7mp2', confidence: 0.97 });
});

test('getBalance: dollars that can be spent, and packages in the documented form', async () => {
  const { world } = await laterWorld();
  await using _ = world;
  const expiresAt = world.clock.now() + 86_400_500;
  await world.addPackage({ id: 'p-1', title: 'Ten reads', type: 2, calls: 10, expiresAt });
  await world.addPackage({ id: 'p-2', title: 'Used up', calls: 0 });
  await ask(world);
  const answer = await world.call('getBalance');
  expect(answer.body).toEqual({
    errorId: 0,
    errorCode: '',
    errorDescription: '',
    balance: (start - 300) / 1_000_000,
    packages: [
      {
        packageId: 'p-1',
        type: 2,
        title: 'Ten reads',
        numberOfCalls: 10,
        status: 1,
        token: expect.stringMatching(/^lgl_.{3}….{3}$/),
        expireTime: Math.floor(expiresAt / 1000),
      },
      expect.objectContaining({ packageId: 'p-2', numberOfCalls: 0, status: 0, expireTime: 0 }),
    ],
  });
  expect((await world.call('getState')).body).toEqual(answer.body);
  world.clock.advance(86_400_500);
  await world.store.sweep(world.clock.now());
  expect((await world.call('getBalance')).body.packages).toMatchObject([{ packageId: 'p-2' }]);
});

test('feedback is taken again and again, the last report stands', async () => {
  await using world = await openWorld();
  const { taskId } = (await world.call('createTask', await imageTask())).body;
  for (const result of [{ invalid: true, code: 1001, message: 'invalid \0\ud800' }, { invalid: false }])
    expect((await world.call('feedbackTask', { taskId, result })).body.message).toBe('okay');
  expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
});
