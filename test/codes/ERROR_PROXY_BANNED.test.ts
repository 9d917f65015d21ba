import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { canary, httpServer, tcpServer } from '../outbound/loopback.ts';
import { httpProxy, socksProxy } from '../outbound/proxies.ts';
import { openProofWorld } from '../proofWorld.ts';
import type { World, WorldOptions } from '../world.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function opened<T extends { close(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  closings.push(started.close);
  return started;
}

/** A site that sends its challenge to everybody but those who come through a proxy. */
const siteThat = (answer: (response: ServerResponse) => void) =>
  opened(httpServer((_request, response) => answer(response)));

async function failureOf(
  port: number,
  proxy: Record<string, unknown>,
  settings: WorldOptions['settings'] = {},
): Promise<{ world: World; body: unknown }> {
  const world = await openProofWorld([port], { settings });
  closings.push(() => world[Symbol.asyncDispose]());
  const before = await world.money();
  const challengeURL = `http://site.example:${port}/challenge`;
  // No worker takes it up, and fails at once, before its hold has been seen.
  const seen = Promise.withResolvers<void>();
  const { take } = world.store;
  world.store.take = async (query) => {
    await seen.promise;
    return take(query);
  };
  const created = await world.call('createTask', { task: { type: 'AltchaTask', challengeURL, ...proxy } });
  expect(created.body).toMatchObject({ errorId: 0, status: 'idle' });
  expect((await world.money()).pending).toBe(400);
  seen.resolve();
  const { taskId } = created.body;
  const poll = () => world.call('getTaskResult', { taskId });
  await expect.poll(async () => (await poll()).body.status).toBe('failed');
  const { status, body } = await poll();
  expect(status).toBe(400);
  expect(await world.money()).toEqual(before);
  return { world, body };
}

function banned(detail?: string) {
  const text = 'Proxy IP banned by target service';
  return {
    errorId: 1,
    errorCode: 'ERROR_PROXY_BANNED',
    errorDescription: detail === undefined ? text : `${text}: ${detail}`,
    status: 'failed',
    taskId: expect.any(String),
  };
}

describe('ERROR_PROXY_BANNED, and nothing is charged', () => {
  it.each([403, 407, 429])('when the target answers the proxy with %d', async (status) => {
    const site = await siteThat((response) => response.writeHead(status).end('{"error":"go away"}'));
    const proxy = await opened(socksProxy());
    const { body } = await failureOf(site.port, { proxy: `socks5:127.0.0.1:${proxy.port}` });
    expect(body).toEqual(banned());
  });

  it('when the target hangs up on the proxy', async () => {
    const site = await opened(tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const proxy = await opened(socksProxy());
    const { body } = await failureOf(site.port, { proxy: `socks4:127.0.0.1:${proxy.port}` });
    expect(body).toEqual(banned());
  });

  it('when the target shows the proxy a page for people instead of its challenge', async () => {
    const site = await siteThat((response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>You have been blocked</html>');
    });
    const proxy = await opened(httpProxy());
    const { body } = await failureOf(site.port, {
      proxyType: 'http',
      proxyAddress: '127.0.0.1',
      proxyPort: proxy.port,
    });
    expect(body).toEqual(banned());
  });

  it.each([403, 407, 429])('when the proxy itself answers %d', async (refuse) => {
    const site = await siteThat((response) => response.end('{}'));
    const proxy = await opened(httpProxy({ refuse }));
    const { body } = await failureOf(site.port, { proxy: `user:wrong@127.0.0.1:${proxy.port}` });
    expect(body).toEqual(banned());
  });

  it('when nobody listens there: the description says so, and no password is in it, or in the log', async () => {
    const site = await siteThat((response) => response.end('{}'));
    const closed = await tcpServer(() => {});
    await closed.close();
    const password = 'never-to-be-seen';
    const proxy = `http://user:${password}@127.0.0.1:${closed.port}`;
    const { world, body } = await failureOf(site.port, { proxy });
    expect(body).toEqual(banned('task.proxy: could not be reached'));
    expect(world.log.join('')).not.toContain(password);
    const fields = { proxyAddress: '127.0.0.1', proxyPort: closed.port, proxyPassword: password };
    expect((await failureOf(site.port, fields)).body).toEqual(
      banned('task.proxyAddress: could not be reached'),
    );
  });

  it('when its name leads inside, whether somebody listens there or not: in the same words', async () => {
    const inside = await opened(canary('127.0.0.1'));
    const closed = await canary('127.0.0.1');
    await closed.close();
    for (const scheme of ['http', 'https', 'socks4', 'socks5'])
      for (const { port } of [inside, closed]) {
        const proxy = `${scheme}:inside.example:${port}`;
        const { body } = await failureOf(80, { proxy }, { outboundAllow: [] });
        expect(body).toEqual(banned('task.proxy: could not be reached'));
      }
    expect(inside.connections).toBe(0);
  });
});

it('a target that refuses us without a proxy is another failure', async () => {
  const site = await siteThat((response) => response.writeHead(403).end());
  const { body } = await failureOf(site.port, {});
  expect(body).toMatchObject({
    errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
    errorDescription: 'Captcha not recognized: task.challengeURL: did not answer as such a site does',
  });
});
