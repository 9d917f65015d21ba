import { readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { RecognizerPool } from '../../src/recognize/pool.ts';
import { freePort } from '../freePort.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { FakeClock, openWorld, picture, price, start, type World } from '../world.ts';
import { runClient } from './client.ts';
import { feedbackOn } from './wire.ts';

/** What single clients have to themselves; what all do is in npm.test.ts. */
const capmonster = (serviceUrl: string, key: string, body: string) => `
  const { CapMonsterCloudClientFactory, ClientOptions, ImageToTextRequest, ComplexImageTaskRecognitionRequest } =
    require('@zennolab_com/capmonstercloud-client');
  const serviceUrl = '${serviceUrl}';
  const client = CapMonsterCloudClientFactory.Create(new ClientOptions({ clientKey: '${key}', serviceUrl }));
  ${body}`;

const twocaptcha = (world: World, body: string) =>
  runClient(
    world,
    `const { Solver } = require('2captcha-ts');`,
    `class Legible extends Solver {
       get in() { return process.env.LEGIBLE_URL + '/in.php'; }
       get res() { return process.env.LEGIBLE_URL + '/res.php'; }
     }
     const solver = new Legible('${world.key}', 100);
     ${body}`,
  );

test('CapMonster’s client by the key’s own setting, with a whole number for a task', async () => {
  await using world = await openWorld();
  const key = await world.addKey({ dialect: 'capmonster' });
  const program = capmonster(
    world.url,
    key,
    `return client.CreateTask(new ImageToTextRequest({ body: '${await picture()}', recognizingThreshold: 50 }));`,
  );
  const { value } = await runClient(world, '', program);
  expect(value).toEqual({ errorId: 0, taskId: expect.any(Number) });
});

test('CapMonster’s client learns that an image is too unclear for its threshold, before it polls', async () => {
  const clock = new FakeClock();
  const text = await RecognizerPool.start({ threads: 1, queueLimit: 8, clock });
  try {
    await using world = await openWorld({ clock, engines: { text } });
    const key = await world.addKey({ dialect: 'capmonster' });
    const clear = readFileSync('examples/common.png');
    const unclear = await sharp(clear).blur(12).png().toBuffer();
    const [read, unsolvable] = [clear, unclear].map((image) => image.toString('base64'));
    const body = `
      const asked = [];
      const { post } = client._httpClient;
      client._httpClient.post = (path, ...rest) => { asked.push(path); return post.call(client._httpClient, path, ...rest); };
      const solve = (body) => client.Solve(new ImageToTextRequest({ body, recognizingThreshold: 90 }));
      return [(await solve('${unsolvable}')), asked.splice(0), (await solve('${read}')).solution.text, asked];`;
    const { value } = await runClient(world, '', capmonster(world.url, key, body));
    const polled = ['createTask', 'getTaskResult'];
    expect(value).toEqual([
      { error: 'CAPTCHA_UNSOLVABLE' },
      ['createTask'],
      expect.stringMatching(/^\w{4,}$/),
      polled,
    ]);
    expect(await world.money()).toEqual({ posted: start - price, pending: 0 });
  } finally {
    await text.stop();
  }
});

test('CapMonster’s client learns that a task is unsolvable at the first poll after that', async () => {
  const { type, asked } = laterType();
  await using world = await openWorld({ settings: { prices: laterPrices }, moreTypes: [type] });
  const key = await world.addKey({ dialect: 'capmonster' });
  const run = async (body: string) => (await runClient(world, '', capmonster(world.url, key, body))).value;
  const [taskId, underway] = await run(`
    const { taskId } = await client.CreateTask({ type: 'EchoTask', say: 'x' });
    return [taskId, await client.GetTaskResult(taskId)];`);
  expect(underway).toEqual({ type: 'InProgress' });
  await expect.poll(() => asked.length).toBe(1);
  asked[0]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail: 'too dark' }));
  await expect.poll(() => world.money()).toEqual({ posted: start, pending: 0 });
  const failed = { type: 'Failed', error: 'CAPTCHA_UNSOLVABLE' };
  expect(await run(`return client.GetTaskResult(${taskId});`)).toEqual(failed);
});

test('CapMonster’s client goes on when something before the server answers a poll with 503', async () => {
  await using world = await openWorld();
  const key = await world.addKey({ dialect: 'capmonster' });
  let polls = 0;
  const before = createServer((asked, answer) => {
    if (asked.url === '/getTaskResult' && ++polls === 1) return void answer.writeHead(503).end();
    const { method, url: path, headers } = asked;
    const onward = request({ host: '127.0.0.1', port: world.port, method, path, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(answer);
    });
    asked.pipe(onward);
  });
  const port = await freePort();
  before.listen(port, '127.0.0.1');
  try {
    const body = `return client.Solve(new ImageToTextRequest({ body: '${await picture()}' }));`;
    const { value } = await runClient(world, '', capmonster(`http://127.0.0.1:${port}`, key, body));
    expect(value).toEqual({ solution: { text: 'k7mp2', confidence: 0.97 } });
    expect(polls).toBe(2);
  } finally {
    before.closeAllConnections();
    before.close();
  }
});

test('CapMonster’s client asks how far a picture is to be turned on', async () => {
  const asked: number[] = [];
  const puzzles = {
    findGap: async () => undefined,
    findClicks: async () => undefined,
    async findTurn(disc: Uint8Array, around: Uint8Array) {
      asked.push(disc.length, around.length);
      return { angle: 100, confidence: 0.9 };
    },
  };
  await using world = await openWorld({ engines: { puzzles } });
  const key = await world.addKey({ dialect: 'capmonster' });
  // Too long for the command line that the program comes by.
  const body = `
    const image = (name) => require('node:fs').readFileSync('examples/puzzles/' + name, 'base64');
    return client.Solve(new ComplexImageTaskRecognitionRequest({
      imagesBase64: [image('rotate.png'), image('rotate.disc.png')],
      metaData: { Task: 'oocl_rotate_new' },
    }), { firstRequestDelay: 100, requestsInterval: 100, timeout: 10000 });`;
  const { value } = await runClient(world, '', capmonster(world.url, key, body));
  expect(value).toEqual({ solution: { answer: [260] } });
  expect(asked).toEqual(
    ['rotate.disc.png', 'rotate.png'].map((name) => statSync(`examples/puzzles/${name}`).size),
  );
});

test('Anti-Captcha’s client reports a wrong answer', async () => {
  await using world = await openWorld();
  const { value } = await runClient(
    world,
    `const client = require('@antiadmin/anticaptchaofficial');`,
    `client.setAPIKey('${world.key}');
     client.shutUp();
     client.settings.firstAttemptWaitingInterval = 0;
     const text = await client.solveImage('${await picture()}');
     return [text, await client.reportIncorrectImageCaptcha(), await client.getBalance()];`,
  );
  expect(value).toEqual(['k7mp2', true, 0.9996]);
  expect(feedbackOn(world)).toEqual([{ number: expect.any(Number), invalid: 1 }]);
});

test('anticaptcha 2.2.0 at a base URL of ours: a balance, a number, a text', async () => {
  await using world = await openWorld();
  const key = await world.addKey({ dialect: 'anticaptcha' });
  const { value } = await runClient(
    world,
    `const { AntiCaptcha } = require('anticaptcha');`,
    `const client = new AntiCaptcha('${key}');
     client.api.setBaseURL(process.env.LEGIBLE_URL);
     const balance = await client.getBalance();
     const id = await client.createTask({ type: 'ImageToTextTask', body: '${await picture()}' });
     return [balance, typeof id, (await client.getTaskResult(id, 3, 200)).solution.text];`,
  );
  expect(value).toEqual([1, 'number', 'k7mp2']);
});

test('2captcha-ts: an answer and its id, a balance, a report', async () => {
  await using world = await openWorld();
  const { value } = await twocaptcha(
    world,
    `const { data, id } = await solver.imageCaptcha({ body: '${await picture()}', numeric: 4, minLen: 3 });
     return [data, typeof id, await solver.balance(), await solver.goodReport(id)];`,
  );
  expect(value).toEqual(['k7mp2', 'string', 0.9996, 'OK_REPORT_RECORDED']);
  expect(feedbackOn(world)).toEqual([{ number: expect.any(Number), invalid: 0 }]);
});
