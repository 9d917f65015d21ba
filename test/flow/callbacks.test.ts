import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { Fault } from '../../src/fault.ts';
import { callbackSecret } from '../../src/key.ts';
import { laterPrices, laterType } from '../laterType.ts';
import { canary } from '../outbound/loopback.ts';
import { openReceiver, type Received } from '../outbound/receiver.ts';
import { openProofWorld } from '../proofWorld.ts';
import { expectRefusal, imageTask, pepper, type World, type WorldOptions } from '../world.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function receiver(...answer: Parameters<typeof openReceiver>) {
  const opened = await openReceiver(...answer);
  closings.push(opened.close);
  return opened;
}

async function opened(port: number, more: WorldOptions = {}): Promise<World> {
  const world = await openProofWorld([port], {
    ...more,
    settings: { prices: laterPrices, ...more.settings },
  });
  closings.push(() => world[Symbol.asyncDispose]());
  return world;
}

async function secretOf(world: World): Promise<string> {
  const [key] = await world.store.listKeys('alice');
  return callbackSecret(key!.id, pepper);
}

/** What the public library of the standard makes of a message, with the time taken to be that of the world. */
function verified(world: World, secret: string, { headers, body }: Received): unknown {
  const realNow = Date.now;
  Date.now = () => world.clock.now();
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  } finally {
    Date.now = realNow;
  }
}

describe('a callback', () => {
  it("of a task answered at once carries getTaskResult's body, signed as Standard Webhooks", async () => {
    const { url, port, received } = await receiver();
    const world = await opened(port);
    const created = await world.call('createTask', {
      ...(await imageTask()),
      callbackUrl: `${url}/hook?a=b`,
    });
    await expect.poll(() => received.length).toBe(1);
    const { taskId } = created.body;
    const result = await world.call('getTaskResult', { taskId });
    expect(JSON.parse(received[0]!.body)).toEqual(result.body);
    expect(received[0]).toMatchObject({
      path: '/hook?a=b',
      headers: {
        'webhook-id': taskId,
        'content-type': 'application/json',
        'user-agent': expect.stringMatching(/^Legible\/\d/),
        'accept-encoding': 'identity',
      },
    });
    expect(verified(world, await secretOf(world), received[0]!)).toEqual(result.body);
    const forged = `whsec_${createHmac('sha256', 'x').update('y').digest('base64')}`;
    expect(() => verified(world, forged, received[0]!)).toThrow();
  });

  it('of a task answered later comes when it is ready, or has failed', async () => {
    const { url, port, received } = await receiver();
    const { type, asked } = laterType();
    const world = await opened(port, { moreTypes: [type] });
    const ask = () => world.call('createTask', { task: { type: 'EchoTask', say: 'hi' }, callbackUrl: url });
    const { taskId } = (await ask()).body;
    await expect.poll(() => asked.length).toBe(1);
    expect(received).toEqual([]);
    asked[0]!.end.resolve({ said: 'hi' });
    await expect.poll(() => received.length).toBe(1);
    expect(JSON.parse(received[0]!.body)).toMatchObject({
      taskId,
      status: 'ready',
      solution: { said: 'hi' },
    });

    await ask();
    await expect.poll(() => asked.length).toBe(2);
    asked[1]!.end.reject(new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail: 'too dark' }));
    await expect.poll(() => received.length).toBe(2);
    expect(JSON.parse(received[1]!.body)).toMatchObject({
      errorId: 1,
      errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
      errorDescription: 'Captcha not recognized: too dark',
      status: 'failed',
    });
  });

  it('is tried after 5 s, 30 s, 2 min and 5 min, as the same message, and then given up', async () => {
    const { url, port, received } = await receiver((response, index) => {
      // Whatever is not 2xx is no delivery, redirects among it.
      response.writeHead([500, 302, 404, 429, 503][index]!, { location: '/elsewhere' }).end();
    });
    const world = await opened(port);
    const ends = endsOf(world);
    await world.call('createTask', { ...(await imageTask()), callbackUrl: url });
    await expect.poll(() => received.length).toBe(1);
    for (const [index, pause] of [5_000, 30_000, 120_000, 300_000].entries()) {
      // That no pause is shorter than its tenth allows is the sender's own test.
      await expect.poll(() => ends).toHaveLength(index + 1);
      world.clock.advance(1.1 * pause);
      await expect.poll(() => received.length).toBe(index + 2);
    }
    await expect.poll(async () => (await world.store.gauges(0)).waitingCallbacks).toBe(0);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(5);
    const secret = await secretOf(world);
    expect(() => verified(world, secret, received[4]!)).not.toThrow();
    expect(received.every(({ path }) => path === '/')).toBe(true);
    expect(world.log.join('')).toContain('a callback has failed');
  }, 60_000);

  it('is delivered by its status, whatever body comes with that, or never comes', async () => {
    const { url, port, received } = await receiver((response, index) => {
      if (index === 0) response.end('x'.repeat(100_000));
      else response.writeHead(200, { 'content-length': '10' }).write('x');
    });
    const world = await opened(port);
    for (let count = 1; count <= 2; count++) {
      await world.call('createTask', { ...(await imageTask()), callbackUrl: url });
      await expect.poll(() => received.length).toBe(count);
      await expect.poll(async () => (await world.store.gauges(0)).waitingCallbacks).toBe(0);
    }
  });

  it('that is answered with 410 ends at once', async () => {
    const { url, port, received } = await receiver((response) => response.writeHead(410).end());
    const world = await opened(port);
    await world.call('createTask', { ...(await imageTask()), callbackUrl: url });
    await expect.poll(() => received.length).toBe(1);
    await expect.poll(async () => (await world.store.gauges(0)).waitingCallbacks).toBe(0);
  });

  it('to a host that hangs keeps four calls, and neither tasks nor other hosts', async () => {
    let open = 0;
    let most = 0;
    const hanging = await receiver((response) => {
      most = Math.max(most, ++open);
      response.on('close', () => open--);
    });
    const { url, port, received } = await receiver();
    const world = await openProofWorld([port, hanging.port], { settings: { prices: laterPrices } });
    closings.push(() => world[Symbol.asyncDispose]());
    const task = await imageTask();
    for (let n = 0; n < 12; n++)
      expect((await world.call('createTask', { ...task, callbackUrl: hanging.url })).body.status).toBe(
        'ready',
      );
    await world.call('createTask', { ...task, callbackUrl: url });
    await expect.poll(() => received.length).toBe(1);
    await expect.poll(() => most).toBe(4);
    expect(hanging.received).toHaveLength(4);
  });

  it('that was not delivered when the server stopped is sent by the next one', async () => {
    const { url, port, received } = await receiver((response, index) => {
      response.writeHead(index === 0 ? 500 : 200).end();
    });
    const first = await openProofWorld([port]);
    await first.call('createTask', { ...(await imageTask()), callbackUrl: url });
    await expect.poll(() => received.length).toBe(1);
    await first.stop();
    first.clock.advance(6_000);
    await opened(port, { dataDir: first.dataDir, clock: first.clock });
    await expect.poll(() => received.length).toBe(2);
    expect(received[1]!.headers['webhook-id']).toBe(received[0]!.headers['webhook-id']);
  });
});

describe('a callbackUrl', () => {
  it('that may not be called, or is none, is refused before money moves', async () => {
    const world = await opened(80);
    const before = await world.money();
    const task = await imageTask();
    const forbidden = [
      'http://10.0.0.1/',
      'http://127.1.2.3:22/',
      'http://[::ffff:192.168.0.1]/',
      'http://169.254.169.254/latest',
      'http://user:pass@site.example/',
      'ftp://site.example/',
      'site.example/hook',
    ];
    for (const callbackUrl of forbidden) {
      const answer = await world.call('createTask', { ...task, callbackUrl });
      const why = 'Invalid task data: callbackUrl: is not a URL that may be called';
      expectRefusal(answer, 'ERROR_INVALID_TASK_DATA', why);
    }
    for (const callbackUrl of [42, {}, ['http://site.example/']]) {
      const answer = await world.call('createTask', { ...task, callbackUrl });
      expectRefusal(answer, 'ERROR_INVALID_TASK_DATA', 'Invalid task data: callbackUrl: is not a string');
    }
    expect(await world.money()).toEqual(before);
  });

  it('of null, of nothing between quotes, and none at all are the same', async () => {
    const world = await opened(80);
    const task = await imageTask();
    for (const callbackUrl of [null, '', undefined])
      expect((await world.call('createTask', { ...task, callbackUrl })).body.status).toBe('ready');
    expect((await world.store.gauges(0)).waitingCallbacks).toBe(0);
  });

  it('whose name leads inside is never connected to, and the task is answered all the same', async () => {
    const inside = await canary('127.0.0.1');
    closings.push(inside.close);
    const world = await openProofWorld([inside.port], { settings: { outboundAllow: [] } });
    closings.push(() => world[Symbol.asyncDispose]());
    const ends = endsOf(world);
    const callbackUrl = `http://inside.example:${inside.port}/`;
    const answer = await world.call('createTask', { ...(await imageTask()), callbackUrl });
    expect(answer.body.status).toBe('ready');
    await expect.poll(() => ends).toMatchObject([{ attempts: 1, nextAt: expect.any(Number) }]);
    expect(inside.connections).toBe(0);
  });
});

/** What the sender tells the outbox of each attempt. */
function endsOf(world: World): unknown[] {
  const ends: unknown[] = [];
  const end = world.store.endCallback.bind(world.store);
  world.store.endCallback = async (one) => {
    const isMine = await end(one);
    ends.push(one);
    return isMine;
  };
  return ends;
}
