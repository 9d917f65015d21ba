import { createServer as createSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProxyPlace } from '../../src/call.ts';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { proxyOf } from '../../src/tasks/proxy.ts';
import { certificate, key } from './certificate.ts';
import { canary, httpServer, type Listener, tcpServer } from './loopback.ts';
import { httpProxy, socksProxy, type TestProxy } from './proxies.ts';

const usual = getCACertificates('default');
const closings: (() => Promise<unknown>)[] = [];
let answer = '{"plain":true}';
let site: { port: number };
let secureSite: { port: number };
let trap: Listener;
/** What the site was told of a proxy's login. */
const loginsSeen: (string | undefined)[] = [];

beforeAll(async () => {
  setDefaultCACertificates([...usual, certificate]);
  site = await httpServer((_request, response) => response.end(answer));
  const secure = createSecure({ key, cert: certificate }, (request, response) => {
    loginsSeen.push(request.headers['proxy-authorization']);
    response.end('{"tls":true}');
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  secureSite = { port: (secure.address() as AddressInfo).port };
  trap = await canary();
});
afterAll(async () => {
  setDefaultCACertificates(usual);
  await trap.close();
});
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const limits = { connectMs: 2_000, headersMs: 2_000, totalMs: 4_000, bytes: 1_000 };
const place = (scheme: ProxyPlace['scheme'], port: number, login = '', password = ''): ProxyPlace => ({
  scheme,
  host: '127.0.0.1',
  port,
  login,
  password,
});

/** Calls a site whose name only a proxy can look up. */
function callThrough(proxy: ProxyPlace, { secure = false, path = '/challenge' } = {}) {
  const resolve = async (): Promise<string[]> => {
    throw new Error('the name of the site was looked up here');
  };
  const { port } = secure ? secureSite : site;
  const guard = new Guard({ allow: ['127.0.0.0/8'], ports: [port], resolve });
  const url = guard.parse(`${secure ? 'https' : 'http'}://site.example:${port}${path}`)!;
  return caller(guard, limits)({ method: 'GET', url, proxy });
}

async function opened<T extends TestProxy>(proxy: Promise<T>): Promise<T> {
  const started = await proxy;
  closings.push(started.close);
  return started;
}

describe('a proxy', () => {
  const basic = `Basic ${Buffer.from('user:p:w').toString('base64')}`;

  it.each([['http'], ['https']] as const)(
    'of scheme %s forwards http: and tunnels https:',
    async (scheme) => {
      const proxy = await opened(httpProxy({ secure: scheme === 'https' }));
      const through = place(scheme, proxy.port, 'user', 'p:w');
      expect(await callThrough(through)).toMatchObject({ kind: 'answered', body: '{"plain":true}' });
      expect(await callThrough(through, { secure: true })).toMatchObject({ body: '{"tls":true}' });
      expect(proxy.asked).toEqual([
        `GET http://site.example:${site.port}/challenge ${basic}`,
        `CONNECT site.example:${secureSite.port} ${basic}`,
      ]);
    },
  );

  it.each([['socks4'], ['socks5']] as const)('of scheme %s looks the name up itself', async (scheme) => {
    const proxy = await opened(socksProxy());
    expect(await callThrough(place(scheme, proxy.port))).toMatchObject({ body: '{"plain":true}' });
    expect(await callThrough(place(scheme, proxy.port), { secure: true })).toMatchObject({
      body: '{"tls":true}',
    });
    const version = scheme.toUpperCase();
    expect(proxy.asked).toEqual([
      `${version} site.example:${site.port}`,
      `${version} site.example:${secureSite.port}`,
    ]);
  });

  it('of SOCKS 5 is given its login, and refuses a wrong one', async () => {
    const proxy = await opened(socksProxy({ login: 'user:secret' }));
    expect(await callThrough(place('socks5', proxy.port, 'user', 'secret'))).toMatchObject({
      kind: 'answered',
    });
    expect(proxy.asked).toEqual([`SOCKS5 site.example:${site.port} user:secret`]);
    const { kind } = await callThrough(place('socks5', proxy.port, 'user', 'wrong'));
    expect(kind).toBe('proxyRefused');
  });

  it('keeps its login to itself: a site that is called through a tunnel is not told', async () => {
    loginsSeen.length = 0;
    const http = await opened(httpProxy());
    await callThrough(place('http', http.port, 'user', 'secret'), { secure: true });
    const socks = await opened(socksProxy({ login: 'user:secret' }));
    await callThrough(place('socks5', socks.port, 'user', 'secret'), { secure: true });
    expect(loginsSeen).toEqual([undefined, undefined]);
  });

  it.each([403, 407, 429, 502])('that answers CONNECT with %d has refused', async (refuse) => {
    const proxy = await opened(httpProxy({ refuse }));
    expect(await callThrough(place('http', proxy.port), { secure: true })).toMatchObject({
      kind: 'proxyRefused',
    });
  });

  it.each([['socks4'], ['socks5']] as const)('of scheme %s that says no has refused', async (scheme) => {
    const proxy = await opened(socksProxy({ refuse: true }));
    expect(await callThrough(place(scheme, proxy.port))).toMatchObject({ kind: 'proxyRefused' });
  });

  it.each(['http', 'socks5'] as const)(
    'is not to blame for a site that says too much (%s)',
    async (scheme) => {
      const proxy = await opened(scheme === 'http' ? httpProxy() : socksProxy());
      answer = 'x'.repeat(limits.bytes + 1);
      expect(await callThrough(place(scheme, proxy.port))).toMatchObject({ kind: 'unreachable' });
      answer = '{"plain":true}';
    },
  );

  it('that forwards is not told the fragment of a URL', async () => {
    const proxy = await opened(httpProxy());
    await callThrough(place('http', proxy.port), { path: '/challenge?a=b#secret' });
    expect(proxy.asked).toEqual([`GET http://site.example:${site.port}/challenge?a=b`]);
  });

  it.each(['http', 'socks4', 'socks5'] as const)('that hangs up has refused (%s)', async (scheme) => {
    const proxy = await tcpServer((socket) => socket.once('data', () => socket.destroy()));
    closings.push(proxy.close);
    expect(await callThrough(place(scheme, proxy.port), { secure: true })).toMatchObject({
      kind: 'proxyRefused',
    });
  });

  it('where nobody listens, or whose certificate is another, cannot be reached', async () => {
    const closed = await tcpServer(() => {});
    await closed.close();
    expect(await callThrough(place('socks5', closed.port))).toMatchObject({ kind: 'proxyUnreachable' });
    const plain = await opened(httpProxy());
    expect(await callThrough(place('https', plain.port))).toMatchObject({ kind: 'proxyUnreachable' });
  });

  it('inside our own network is never connected to, in any of 30 forms and more', async () => {
    const hosts = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0',
      '[::1]',
      '[::ffff:127.0.0.1]',
      'inside.example',
    ];
    const forms = hosts.flatMap((host) => [
      `${host}:${trap.port}`,
      `${host}:${trap.port}:user:pwd`,
      `socks5:${host}:${trap.port}:user:pwd`,
      `socks4:${host}:${trap.port}`,
      `https://user:pwd@${host}:${trap.port}`,
      `user:pwd@${host}:${trap.port}`,
    ]);
    expect(forms.length).toBeGreaterThanOrEqual(30);
    const guard = new Guard({ allow: [], ports: [site.port], resolve: async () => ['127.0.0.1'] });
    const url = guard.parse(`http://site.example:${site.port}/`)!;
    const before = trap.connections;
    for (const form of forms) {
      const proxy = proxyOf({ proxy: form });
      expect({ form, proxy }).toMatchObject({ form, proxy: { port: trap.port } });
      const { kind } = await caller(guard, limits)({ method: 'GET', url, proxy: proxy as ProxyPlace });
      expect({ form, kind }).toEqual({ form, kind: 'proxyUnreachable' });
    }
    expect(trap.connections).toBe(before);
  });
});
