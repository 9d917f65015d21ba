import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { ProxyPlace } from '../../src/call.ts';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { openTunnel } from '../../src/outbound/tunnel.ts';
import { tcpServer } from './loopback.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

/** A proxy of HTTP that does this with what it is told first. */
async function proxyThat(answer: (socket: Socket, told: string) => unknown): Promise<ProxyPlace> {
  const server = await tcpServer((socket) => {
    socket.once('data', (data) => answer(socket, data.toString()));
  });
  closings.push(server.close);
  return { scheme: 'http', host: '127.0.0.1', port: server.port, login: '', password: '' };
}

/** A way through it to a place; rejects where it opens none. */
async function tunnel(proxy: ProxyPlace, host = 'site.example'): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return openTunnel(socket, proxy, { host, port: 443 }, new AbortController().signal);
}

it.each([200, 201, 299])('a proxy that answers CONNECT with %i has opened the way', async (status) => {
  const way = await tunnel(await proxyThat((socket) => socket.write(`HTTP/1.1 ${status} x\r\n\r\n`)));
  way.destroy();
});

it.each([300, 403, 407, 502])('one that answers %i has not', async (status) => {
  const proxy = await proxyThat((socket) => socket.write(`HTTP/1.1 ${status} x\r\n\r\n`));
  await expect(tunnel(proxy)).rejects.toThrow(`answered ${status} to CONNECT`);
});

it('what the place says at once behind the answer to CONNECT stays in the way', async () => {
  const way = await tunnel(await proxyThat((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello')));
  const [said] = await once(way, 'data');
  expect(String(said)).toBe('hello');
  way.destroy();
});

it('an IPv6 address is named in brackets', async () => {
  const proxy = await proxyThat((socket, told) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${told}`));
  const [said] = await once(await tunnel(proxy, '2606:4700::1'), 'data');
  expect(String(said)).toMatch(/^CONNECT \[2606:4700::1\]:443 HTTP\/1\.1\r\nhost: \[2606:4700::1\]:443\r\n/i);
});

it('a proxy is not to blame for a call that ends while the site is asked', async () => {
  const gone = new AbortController();
  const proxy = await proxyThat((socket) => {
    socket.once('data', () => gone.abort());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
  });
  const guard = new Guard({ allow: ['127.0.0.0/8'], ports: [443] });
  const limits = { connectMs: 20_000, headersMs: 20_000, totalMs: 20_000, bytes: 1_000 };
  const url = guard.parse('https://site.example/')!;
  const outcome = await caller(guard, limits)({ method: 'GET', url, proxy, signal: gone.signal });
  expect(outcome.kind).toBe('unreachable');
});
