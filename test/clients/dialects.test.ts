import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../freePort.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { FakeClock, imageTask, openWorld, price, readerOf, start } from '../world.ts';
import { ask, type Foreign, feedbackOn, hosts, wire } from './wire.ts';

const names = Object.keys(hosts) as Foreign[];
const wrongKey = JSON.stringify({ clientKey: 'wrong' });

describe('a dialect is chosen', () => {
  test('by the Host header, and a wrong key is answered 200 with its own code', async () => {
    await using world = await openWorld();
    const sent = { host: 'api.anti-captcha.com', body: wrongKey };
    expect(await wire(world, '/getBalance', sent)).toMatchObject({
      status: 200,
      json: { errorId: 1, errorCode: 'ERROR_KEY_DOES_NOT_EXIST', errorDescription: 'Wrong account key' },
    });
  });

  test('by a name of the operator’s own that begins with its name', async () => {
    await using world = await openWorld();
    const sent = { host: 'CapMonster.example.org:7878', body: wrongKey };
    expect((await wire(world, '/createTask', sent)).json).toMatchObject({ errorId: 1, taskId: 0 });
    const other = await wire(world, '/createTask', { host: 'capmonster', body: wrongKey });
    expect([other.status, other.json.errorCode]).toEqual([401, 'ERROR_KEY_DENIED_ACCESS']);
  });

  test('by the key, but never against the Host header', async () => {
    await using world = await openWorld();
    const clientKey = await world.addKey({ dialect: 'anticaptcha' });
    const body = JSON.stringify({ clientKey, ...(await imageTask()) });
    expect((await wire(world, '/createTask', { body })).json).toEqual({
      errorId: 0,
      taskId: expect.any(Number),
    });
    const named = await wire(world, '/createTask', { host: 'api.capsolver.com', body });
    expect(named.json).toMatchObject({ status: 'ready', taskId: expect.stringContaining('-') });
  });

  test('by the port, but never against the key', async () => {
    const port = await freePort();
    await using world = await openWorld({ settings: { dialectPorts: { '2captcha': port } } });
    const ofPort = await wire(world, '/getBalance', { port, body: wrongKey });
    expect([ofPort.status, ofPort.json.errorCode]).toEqual([200, 'ERROR_KEY_DOES_NOT_EXIST']);
    const clientKey = await world.addKey({ dialect: 'capsolver' });
    const ofKey = await wire(world, '/getBalance', { port, body: JSON.stringify({ clientKey }) });
    expect(ofKey.json).toMatchObject({ errorCode: '', packages: [] });
    expect((await wire(world, '/nowhere', { port, body: '{}' })).status).toBe(200);
    expect((await wire(world, '/nowhere', { body: '{}' })).status).toBe(400);
  });

  test('by a port that the system chose, of which the server is told', async () => {
    await using world = await openWorld({ settings: { dialectPorts: { anticaptcha: 0 } } });
    const [port = 0, ...others] = world.besidePorts;
    expect([port > 0, others]).toEqual([true, []]);
    const { json } = await wire(world, '/getBalance', { port, body: wrongKey });
    expect(json).toMatchObject({ errorCode: 'ERROR_KEY_DOES_NOT_EXIST' });
  });

  test('by a port that stops with the server: what is open on it is closed, and nothing more is taken', async () => {
    const port = await freePort();
    await using world = await openWorld({ settings: { dialectPorts: { anticaptcha: port } } });
    const socket = connect(port, '127.0.0.1');
    const body = JSON.stringify({ clientKey: world.key });
    const head = `POST /getBalance HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(head + body);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('captchaCredits');
    const closed = once(socket, 'close');
    socket.resume();
    await world.api.close();
    await closed;
    const [refused] = await once(connect(port, '127.0.0.1'), 'error');
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('not by a path of its own: what it has more is no method of another', async () => {
    await using world = await openWorld();
    const body = JSON.stringify({ clientKey: world.key });
    const refused = await wire(world, '/reportCorrect', { body });
    expect([refused.status, refused.json.errorCode]).toEqual([400, 'ERROR_BAD_REQUEST']);
    const unknown = await wire(world, '/feedbackTask', { host: hosts.anticaptcha, body });
    expect([unknown.status, unknown.json.errorCode]).toEqual([200, 'ERROR_NO_SUCH_METHOD']);
  });

  test("by its key too where a method is asked for that only Anti-Captcha's own servers have", async () => {
    await using world = await openWorld();
    const clientKey = await world.addKey({ dialect: 'anticaptcha' });
    for (const path of ['/getQueueStats', '/getSpendingStats', '/pushAntiGateVariable', '/test']) {
      const { status, json } = await wire(world, path, { body: JSON.stringify({ clientKey }) });
      expect([status, json.errorId, json.errorCode]).toEqual([200, 14, 'ERROR_NO_SUCH_METHOD']);
      const other = await wire(world, path, { body: JSON.stringify({ clientKey: world.key }) });
      expect([other.status, other.json.errorCode]).toEqual([400, 'ERROR_BAD_REQUEST']);
    }
  });
});

const seconds = Math.floor(new FakeClock().now() / 1000);
const bill = { cost: '0.000400', ip: '127.0.0.1', createTime: seconds, endTime: seconds };
const readyFields: Record<Foreign, object> = {
  anticaptcha: { ...bill, solveCount: '0' },
  capmonster: { errorCode: null, errorDescription: null },
  '2captcha': { ...bill, solveCount: 1 },
};

describe.each(names)('%s', (name) => {
  test('an image: a whole number, then the solution by it, charged once', async () => {
    await using world = await openWorld();
    const created = await ask(world, name, 'createTask', await imageTask());
    expect(created).toEqual({ errorId: 0, taskId: expect.any(Number) });
    expect(created.taskId).toBeGreaterThan(0);
    const ready = {
      errorId: 0,
      status: 'ready',
      solution: { text: 'k7mp2', confidence: 0.97 },
      ...readyFields[name],
    };
    const { taskId } = created;
    expect(await ask(world, name, 'getTaskResult', { taskId })).toEqual(ready);
    expect(await ask(world, name, 'getTaskResult', { taskId: String(taskId) })).toEqual(ready);
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  });

  test.skipIf(name === 'capmonster')(
    'what a solved task cost, who asked for it, when it began and ended',
    async () => {
      const { type, asked } = laterType();
      const settings = { prices: laterPrices, trustedProxies: ['127.0.0.1/32'] };
      await using world = await openWorld({ settings, moreTypes: [type] });
      const body = JSON.stringify({ clientKey: world.key, task: { type: 'EchoTask', say: 'x' } });
      const headers = { 'x-forwarded-for': '198.51.100.7' };
      const { taskId } = (await wire(world, '/createTask', { host: hosts[name], headers, body })).json;
      await expect.poll(() => asked.length).toBe(1);
      world.clock.advance(7_900);
      asked[0]!.end.resolve({ said: 'x' });
      const result = () => ask(world, name, 'getTaskResult', { taskId });
      await expect.poll(result).toMatchObject({ status: 'ready' });
      world.clock.advance(60_000);
      // Of the task: whoever asks for its result later, from wherever, is told the same.
      expect(await result()).toMatchObject({
        cost: '0.000300',
        ip: '198.51.100.7',
        createTime: seconds,
        endTime: seconds + 7,
      });
    },
  );

  test('a task under way, one that fails, and whether they are polled too often', async () => {
    const { type, asked } = laterType();
    await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
    const { taskId } = await ask(world, name, 'createTask', { task: { type: 'EchoTask', say: 'x' } });
    const processing = await ask(world, name, 'getTaskResult', { taskId });
    expect(processing).toMatchObject({ errorId: 0, status: 'processing' });
    expect(processing.errorCode ?? null).toBe(null);
    await expect.poll(() => asked.length).toBe(1);
    asked[0]!.end.reject(new Error('broken'));
    await expect
      .poll(() => ask(world, name, 'getTaskResult', { taskId }))
      .toEqual({
        errorId: name === 'capmonster' ? 1 : 2,
        errorCode: 'ERROR_NO_SLOT_AVAILABLE',
        errorDescription: 'Service is temporarily unavailable',
      });
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
  });

  test('a task is found by its number, or by the id that createTasks has told, and only by its account', async () => {
    await using world = await openWorld();
    await world.openAccount('bob', 0);
    const foreign = await world.addKey({ accountId: 'bob' });
    const { taskId } = await ask(world, name, 'createTask', await imageTask());
    const { taskId: uuid } = (await world.call('createTask', await imageTask())).body;
    for (const fields of [
      { taskId, clientKey: foreign },
      { taskId: uuid, clientKey: foreign },
      { taskId: taskId + 99 },
      { taskId: -taskId },
      { taskId: 0.5 },
      { taskId: 1e300 },
      { taskId: null },
      {},
    ])
      expect(await ask(world, name, 'getTaskResult', fields)).toMatchObject({
        errorCode: 'ERROR_NO_SUCH_CAPCHA_ID',
      });
    expect((await ask(world, name, 'getTaskResult', { taskId: uuid })).status).toBe('ready');
  });

  test('getBalance is dollars as a number', async () => {
    await using world = await openWorld({ money: 12_345_678 });
    const more = name === 'anticaptcha' ? { captchaCredits: 0 } : {};
    expect(await ask(world, name, 'getBalance')).toEqual({ errorId: 0, balance: 12.345678, ...more });
  });

  test('reports of answers are feedback', async () => {
    await using world = await openWorld();
    const { taskId } = await ask(world, name, 'createTask', await imageTask());
    const report = name === '2captcha' ? 'reportIncorrect' : 'reportIncorrectImageCaptcha';
    expect(await ask(world, name, report, { taskId })).toEqual({ errorId: 0, status: 'success' });
    expect(feedbackOn(world)).toEqual([{ number: taskId, invalid: 1 }]);
    expect(await ask(world, name, report, { taskId: taskId + 1 })).toMatchObject({
      errorCode: 'ERROR_NO_SUCH_CAPCHA_ID',
    });
  });

  test('an unsolvable image is told at once, and costs nothing', async () => {
    await using world = await openWorld({ engines: { text: readerOf('', 0) } });
    expect(await ask(world, name, 'createTask', await imageTask())).toMatchObject({
      errorId: name === 'capmonster' ? 1 : 12,
      errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
    });
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
  });

  test('token types of third-party services are not supported, in its own code', async () => {
    await using world = await openWorld();
    const code = name === 'capmonster' ? 'ERROR_NO_SUCH_METHOD' : 'ERROR_TASK_NOT_SUPPORTED';
    for (const type of [
      'RecaptchaV2TaskProxyless',
      'HCaptchaTaskProxyless',
      'TurnstileTask',
      'FunCaptchaTask',
    ])
      expect(await ask(world, name, 'createTask', { task: { type } })).toMatchObject({ errorCode: code });
    expect(await world.money()).toEqual({ posted: start, pending: 0 });
  });
});
