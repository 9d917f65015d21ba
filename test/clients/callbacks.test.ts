import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, test } from 'vitest';
import { callbackSecret } from '../../src/key.ts';
import { openReceiver, type Received } from '../outbound/receiver.ts';
import { openProofWorld } from '../proofWorld.ts';
import { FakeClock, pepper, picture, readerOf, type World } from '../world.ts';
import { ask, type Foreign, hosts, wire } from './wire.ts';

/** What each dialect's callbacks are, over HTTP: of tasks that were asked for in it. */
const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
/** What a form must not take for its own. */
const text = 'a&b+c=d é';
const solution = { text, confidence: 0.97 };
const seconds = Math.floor(new FakeClock().now() / 1000);
const bill = { cost: '0.000400', ip: '127.0.0.1', createTime: seconds, endTime: seconds };

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

interface Speaker {
  type: string;
  /** Of a solved task and of one that cannot be read, as read from the message. */
  ready(id: string): object;
  failed(id: string): object;
  create(world: World, body: string, callbackUrl: string): Promise<unknown>;
  /** getTaskResult of the dialect, where it is the message too. */
  result?(world: World, id: string): Promise<unknown>;
}

const unsolvable = { errorCode: 'ERROR_CAPTCHA_UNSOLVABLE', errorDescription: 'Captcha not recognized' };

const speaks = (name: Foreign, ready: object, errorId: number): Speaker => ({
  type: json,
  ready: () => ({ errorId: 0, status: 'ready', solution, ...ready }),
  failed: () => ({ errorId, ...unsolvable }),
  create: (world, body, callbackUrl) =>
    ask(world, name, 'createTask', { task: { type: 'ImageToTextTask', body }, callbackUrl }),
  result: (world, id) => ask(world, name, 'getTaskResult', { taskId: Number(id) }),
});

const pingback = {
  type: form,
  ready: (id: string) => ({ id, code: text }),
  failed: (id: string) => ({ id, code: 'ERROR_CAPTCHA_UNSOLVABLE' }),
};

const { result: _, ...twocaptcha } = speaks('2captcha', {}, 12);
const speakers: Record<string, Speaker> = {
  capsolver: {
    type: json,
    ready: (taskId) => ({
      ...{ errorId: 0, errorCode: '', errorDescription: '', status: 'ready' },
      ...{ solution, taskId },
    }),
    failed: (taskId) => ({ errorId: 1, ...unsolvable, status: 'failed', taskId }),
    create: async (world, body, callbackUrl) =>
      world.call('createTask', { task: { type: 'ImageToTextTask', body }, callbackUrl }),
    result: async (world, taskId) => (await world.call('getTaskResult', { taskId })).body,
  },
  anticaptcha: speaks('anticaptcha', { ...bill, solveCount: '0' }, 12),
  capmonster: speaks('capmonster', { errorCode: null, errorDescription: null }, 1),
  '2captcha': { ...twocaptcha, ...pingback },
  '2captcha v1': {
    ...pingback,
    create: (world, body, url) =>
      wire(world, '/in.php', {
        host: hosts.anticaptcha,
        type: form,
        body: new URLSearchParams({ key: world.key, method: 'base64', body, pingback: url }).toString(),
      }),
  },
};

function read({ headers, body }: Received): unknown {
  return headers['content-type'] === json ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
}

/** That the library of the standard would have written the same signature. */
async function expectSigned(world: World, { headers, body }: Received): Promise<void> {
  const [key] = await world.store.listKeys('alice');
  const webhook = new Webhook(callbackSecret(key!.id, pepper));
  const at = new Date(Number(headers['webhook-timestamp']) * 1000);
  expect(headers['webhook-signature']).toBe(webhook.sign(String(headers['webhook-id']), at, body));
}

describe.each(Object.entries(speakers))('a callback of a task asked for in %s', (name, speaker) => {
  const idForm = name === 'capsolver' ? /^[0-9a-f]{8}-[0-9a-f-]{27}$/ : /^[1-9]\d*$/;

  test('tells its solution as that does, and the same from the next server', async () => {
    const { received, ...receiver } = await openReceiver((response, index) => {
      response.writeHead(index === 0 ? 500 : 200).end();
    });
    closings.push(receiver.close);
    const engines = { text: readerOf(text) };
    const first = await openProofWorld([receiver.port], { engines });
    await speaker.create(first, await picture(), `${receiver.url}/hook`);
    await expect.poll(() => received.length).toBe(1);
    const { headers } = received[0]!;
    const id = String(headers['webhook-id']);
    expect(id).toMatch(idForm);
    expect(headers['content-type']).toBe(speaker.type);
    expect(read(received[0]!)).toEqual(speaker.ready(id));
    await expectSigned(first, received[0]!);
    if (speaker.result !== undefined) expect(await speaker.result(first, id)).toEqual(speaker.ready(id));

    await first.stop();
    first.clock.advance(6_000);
    const { dataDir, clock } = first;
    const second = await openProofWorld([receiver.port], { engines, dataDir, clock });
    closings.push(() => second[Symbol.asyncDispose]());
    await expect.poll(() => received.length).toBe(2);
    expect(received[1]).toMatchObject({ body: received[0]!.body, headers: { 'webhook-id': id } });
    await expectSigned(second, received[1]!);
  });

  test('tells why it has failed as that does', async () => {
    const { received, ...receiver } = await openReceiver();
    closings.push(receiver.close);
    const world = await openProofWorld([receiver.port], { engines: { text: readerOf('', 0) } });
    closings.push(() => world[Symbol.asyncDispose]());
    await speaker.create(world, await picture(), receiver.url);
    await expect.poll(() => received.length).toBe(1);
    const id = String(received[0]!.headers['webhook-id']);
    expect(id).toMatch(idForm);
    expect(received[0]!.headers['content-type']).toBe(speaker.type);
    expect(read(received[0]!)).toEqual(speaker.failed(id));
    await expectSigned(world, received[0]!);
    if (speaker.result !== undefined) expect(await speaker.result(world, id)).toEqual(speaker.failed(id));
  });
});
