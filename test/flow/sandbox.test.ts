import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCodes, errorTable } from '../../src/errors.ts';
import type { AnyTaskType } from '../../src/flow/stages.ts';
import { ask, wire } from '../clients/wire.ts';
import { laterPrices, laterType } from '../laterType.ts';
import {
  expectReady,
  expectRefusal,
  imageTask,
  openWorld,
  picture,
  stalledReader,
  start,
  type World,
} from '../world.ts';

const open = (settings = {}) =>
  openWorld({ settings: { sandbox: true, banErrors: 3, blockErrors: 3, ...settings } });

const make = async (world: World, clientKey: string, init: RequestInit = {}) =>
  world.call('createTask', { clientKey, ...(await imageTask()) }, init);
const poll = (world: World, clientKey: string, taskId: unknown, init: RequestInit = {}) =>
  world.call('getTaskResult', { clientKey, taskId }, init);
const script = (text: string) => ({ headers: { 'x-legible-test': text } });

/** Waits for something that happens when `ms` have passed, whenever whoever waits for them began. */
async function expectAfter(world: World, ms: number, hasHappened: () => boolean): Promise<void> {
  await expect
    .poll(() => {
      world.clock.advance(ms);
      return hasHappened();
    })
    .toBe(true);
}

describe('the keys of the sandbox', () => {
  it('are wrong keys until the operator turns it on', async () => {
    await using world = await openWorld();
    for (const key of ['test-ok', 'test-async', 'test-err-ERROR_ZERO_BALANCE'])
      expectRefusal(await make(world, key), 'ERROR_KEY_DENIED_ACCESS', 'Wrong account key');
  });

  it('do not include what names no script; one that begins like them is told those there are', async () => {
    await using world = await openWorld({ settings: { sandbox: true } });
    const codes = ['test-err-', 'test-err-ERROR_NONE', 'test-err-toString'];
    const times = ['test-slow-', 'test-slow-120001', 'test-slow-1e3'];
    for (const key of ['test', 'TEST-OK'])
      expectRefusal(await make(world, key), 'ERROR_KEY_DENIED_ACCESS', 'Wrong account key');
    const scripts = 'test-ok, test-async, test-slow-MS, test-err-CODE, test-fail-CODE';
    const detail = `clientKey: is none of ${scripts}, with one of the 17 codes and at most 120000 ms`;
    for (const key of ['test-', 'test-no', ...codes, ...times])
      expectRefusal(await make(world, key), 'ERROR_KEY_DENIED_ACCESS', `Wrong account key: ${detail}`);
  });

  it('answer within what a task asks for', async () => {
    await using world = await open();
    const body = await picture();
    const of = async (asked: object) => {
      const task = { type: 'ImageToTextTask', body, ...asked };
      return (await world.call('createTask', { clientKey: 'test-ok', task })).body.solution;
    };
    expect(await of({ charset: 'a-d47', minLength: 10 })).toMatchObject({ text: '447d47db44' });
    expect(await of({ maxLength: 3 })).toMatchObject({ text: '447' });
    expect(await of({ module: 'math', details: true })).toEqual({
      text: '44795',
      confidence: 0.99,
      expression: '44795+0=',
      characters: [...'44795+0='].map((character) => ({ character, confidence: 0.99 })),
      alternatives: [],
    });
  });

  it('answer with a solution of the right form, and then again, from no engine and for nothing', async () => {
    await using world = await openWorld({ settings: { sandbox: true }, engines: { text: stalledReader } });
    const created = await make(world, 'test-ok');
    expectReady(created, { text: '44795sds', confidence: 0.99 });
    expect((await poll(world, 'test-ok', created.body.taskId)).body).toEqual(created.body);
    const [image] = [await picture()];
    const task = { type: 'ImageToTextTask', module: 'number', images: [image, image] };
    const two = await world.call('createTask', { clientKey: 'test-ok', task });
    expectReady(two, { answers: ['44795', '44795'], confidence: 0.99 });
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
    expect(await world.store.listEntries(world.accountId, 9)).toHaveLength(1);
  });

  it('check a task as real ones do', async () => {
    await using world = await open();
    const of = (task: object) => world.call('createTask', { clientKey: 'test-ok', task });
    expect((await of({ type: 'ReCaptchaV2Task' })).body.errorCode).toBe('ERROR_TASK_NOT_SUPPORTED');
    expect((await of({ type: 'ImageToTextTask', body: 'AAAA' })).body.errorCode).toBe(
      'ERROR_PARSE_IMAGE_FAIL',
    );
  });

  it('test-async is idle, then processing, then ready', async () => {
    await using world = await open();
    const { body } = await make(world, 'test-async');
    expect(body).toMatchObject({ errorId: 0, status: 'idle' });
    const states = [];
    for (let at = 0; at < 3; at++) states.push((await poll(world, 'test-async', body.taskId)).body.status);
    expect(states).toEqual(['processing', 'ready', 'ready']);
  });

  it('test-fail-<CODE> fails in polling, with every code', async () => {
    await using world = await open();
    for (const code of errorCodes) {
      const key = `test-fail-${code}`;
      const { taskId, status } = (await make(world, key)).body;
      expect(status).toBe('idle');
      const failed = await poll(world, key, taskId);
      expect(failed.status).toBe(errorTable[code].status);
      expect(failed.body).toMatchObject({ errorId: 1, errorCode: code, status: 'failed', taskId });
    }
  });

  it('test-slow-<ms> answers when its time is over', async () => {
    await using world = await open();
    let isAnswered = false;
    const answer = make(world, 'test-slow-60000').finally(() => (isAnswered = true));
    // Whoever is answered at once has overtaken it by far.
    for (let at = 0; at < 5; at++) await make(world, 'test-ok');
    world.clock.advance(59_999);
    await setTimeout(300); // two looks at what is over, at least
    expect(isAnswered).toBe(false);
    world.clock.advance(1);
    await expect.poll(() => isAnswered).toBe(true);
    expectReady(await answer);
  });

  it('test-slow-<ms> has made its answer before it waits, and keeps no images meanwhile', async () => {
    let made = 0;
    const type: AnyTaskType = { ...laterType().type, timing: 'now', sample: () => ({ said: ++made }) };
    await using world = await openWorld({
      settings: { sandbox: true, prices: laterPrices },
      moreTypes: [type],
    });
    const task = { type: 'EchoTask', say: 'x' };
    const answer = world.call('createTask', { clientKey: 'test-slow-60000', task });
    await expect.poll(() => made).toBe(1);
    world.clock.advance(60_000);
    expectReady(await answer, { said: 1 });
  });

  it("test-slow-<ms> is no slower where the machine's time is set back meanwhile", async () => {
    await using world = await open();
    let isAnswered = false;
    const answer = make(world, 'test-slow-60000').finally(() => (isAnswered = true));
    for (let at = 0; at < 5; at++) await make(world, 'test-ok');
    world.clock.setBack(86_400_000);
    await expectAfter(world, 60_000, () => isAnswered);
    expectReady(await answer);
  });

  it('test-slow-<ms> does not keep a server from stopping', async () => {
    const world = await open({ drainSeconds: 60 });
    const answer = make(world, 'test-slow-60000');
    await expect
      .poll(() => new Promise((done) => world.api.server.getConnections((_, n) => done(n))))
      .toBe(1);
    await make(world, 'test-ok');
    await world[Symbol.asyncDispose]();
    expect((await answer).body.errorCode).toBe('ERROR_SERVICE_UNAVALIABLE');
  });

  it('know balance and feedback', async () => {
    await using world = await open();
    const clientKey = 'test-ok';
    expect((await world.call('getBalance', { clientKey })).body).toMatchObject({ balance: 10, packages: [] });
    const { taskId } = (await make(world, clientKey)).body;
    const result = { invalid: true };
    expect((await world.call('feedbackTask', { clientKey, taskId, result })).body.message).toBe('okay');
    const unknown = '00000000-0000-4000-8000-000000000000';
    const refused = await world.call('feedbackTask', { clientKey, taskId: unknown, result });
    expect(refused.body.errorCode).toBe('ERROR_TASKID_INVALID');
    const noReport = { clientKey, taskId: unknown, result: 5 };
    expect((await world.call('feedbackTask', noReport)).body.errorCode).toBe('ERROR_INVALID_TASK_DATA');
    const later = (await make(world, 'test-async')).body.taskId;
    const about = { clientKey, taskId: later, result };
    expect((await world.call('feedbackTask', about)).body.errorCode).toBe('ERROR_TASKID_INVALID');
    for (let at = 0; at < 2; at++) await poll(world, clientKey, later);
    expect((await world.call('feedbackTask', about)).body.message).toBe('okay');
    world.clock.advance(300_000);
    const late = await world.call('feedbackTask', { clientKey, taskId, result });
    expect(late.body.errorCode).toBe('ERROR_TASKID_INVALID');
  });

  it('forget a result after its time and its polls', async () => {
    await using world = await open({ maxPolls: 2 });
    const [one, other] = [await make(world, 'test-ok'), await make(world, 'test-ok')];
    for (let at = 0; at < 2; at++) expectReady(await poll(world, 'test-ok', one.body.taskId));
    expect((await poll(world, 'test-ok', one.body.taskId)).body.errorCode).toBe('ERROR_TASKID_INVALID');
    world.clock.advance(300_000);
    expect((await poll(world, 'test-ok', other.body.taskId)).body.errorCode).toBe('ERROR_TASKID_INVALID');
  });

  it('count toward no ban, no block and no rate, whatever they answer', async () => {
    await using world = await open({ rateLimit: 2, concurrency: 1 });
    for (let at = 0; at < 5; at++) {
      await make(world, 'test-err-ERROR_RATE_LIMIT');
      await world.call('createTask', { clientKey: 'test-ok' });
      await poll(world, 'test-ok', 'nothing');
      await make(world, 'test-ok', { headers: { 'idempotency-key': 'ä'.repeat(3) } });
      const ids = Array(101).fill(1).join();
      await wire(world, `/res.php?key=test-ok&action=get&ids=${ids}`, { method: 'GET' });
      await ask(world, 'anticaptcha', 'getQueueStats', { clientKey: 'test-ok' });
    }
    expectReady(await make(world, 'test-ok'));
    expectReady(await world.call('createTask', await imageTask()));
  });

  it('say when to come back as the real errors do', async () => {
    await using world = await open();
    const seconds: Partial<Record<ErrorCode, string>> = {
      ERROR_IP_BANNED: '600',
      ERROR_KEY_TEMP_BLOCKED: '300',
      ERROR_RATE_LIMIT: '1',
    };
    for (const [code, after] of Object.entries(seconds))
      expect((await make(world, `test-err-${code}`)).headers.get('retry-after')).toBe(after);
  });
});

describe('X-Legible-Test', () => {
  it('does the same with a test key, which is charged for nothing but what it does not stage', async () => {
    await using world = await open({ sandbox: false });
    const key = await world.addKey({ isTest: true });
    expect((await make(world, key, script('ERROR_ZERO_BALANCE'))).body.errorCode).toBe('ERROR_ZERO_BALANCE');
    expectReady(await make(world, key, script('ok')), { text: '44795sds', confidence: 0.99 });
    const { taskId } = (await make(world, key, script('fail-ERROR_TASK_TIMEOUT'))).body;
    expect((await poll(world, key, taskId)).body).toMatchObject({
      errorCode: 'ERROR_TASK_TIMEOUT',
      status: 'failed',
    });
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
    expectReady(await make(world, key), { text: 'k7mp2', confidence: 0.97 });
    expect((await world.money()).posted).toBeLessThan(start);
  });

  it('counts against nobody', async () => {
    await using world = await open();
    const key = await world.addKey({ isTest: true });
    for (let at = 0; at < 5; at++) await make(world, key, script('ERROR_INVALID_TASK_DATA'));
    expectReady(await make(world, key));
  });

  it('is refused with a key that is none, rather than charged', async () => {
    await using world = await open({ banErrors: 100 });
    const refused = await make(world, world.key, script('ok'));
    expectRefusal(refused, 'ERROR_BAD_REQUEST', 'Error Request: X-Legible-Test: the key is not a test key');
    const key = await world.addKey({ isTest: true });
    const scripts = 'ok, async, slow-MS, err-CODE, fail-CODE';
    const detail = `is none of ${scripts}, with one of the 17 codes and at most 120000 ms`;
    const unknown = await make(world, key, script('no'));
    expectRefusal(unknown, 'ERROR_BAD_REQUEST', `Error Request: X-Legible-Test: ${detail}`);
  });

  it('shows a task to the account that made it and to nobody else', async () => {
    await using world = await open();
    const { taskId } = (await make(world, await world.addKey({ isTest: true }), script('ok'))).body;
    await world.openAccount('bob', 1_000);
    const others = await world.addKey({ isTest: true, accountId: 'bob' });
    for (const [key, init] of [
      [others, {}],
      [others, script('ok')],
      ['test-ok', {}],
      [world.key, {}],
    ] as const)
      expect((await poll(world, key, taskId, init)).body.errorCode).toBe('ERROR_TASKID_INVALID');
    const odd = { clientKey: await world.addKey({ isTest: true }), taskId: { toString: 1 } };
    const { body } = await world.send('/getTaskResult', JSON.stringify(odd));
    expect(body.errorCode).toBe('ERROR_TASKID_INVALID');
  });
});
