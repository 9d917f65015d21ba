import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { certificate, key } from './certificate.ts';

const usual = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...usual, certificate]));
afterAll(() => setDefaultCACertificates(usual));

/** Calls a site that answers over TLS; what comes of it, once both sides have closed. */
async function callTo(answer: (socket: Socket) => Promise<void>) {
  const closed = Promise.withResolvers<void>();
  const server = createServer({ key, cert: certificate }, (socket) => {
    socket.on('error', () => {});
    socket.on('close', closed.resolve);
    socket.once('data', () => void answer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const guard = new Guard({ allow: ['127.0.0.0/8'], ports: [port], resolve: async () => ['127.0.0.1'] });
  const patient = { connectMs: 20_000, headersMs: 20_000, totalMs: 20_000, bytes: 65_536 };
  const url = guard.parse(`https://site.example:${port}/`)!;
  const outcome = await caller(guard, patient)({ method: 'GET', url });
  await closed.promise;
  server.close();
  return outcome;
}

const head = `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(12_000)}\r\ncontent-length: 2\r\n\r\n`;

test('an answer over TLS is read', async () => {
  expect(await callTo(async (socket) => void socket.write(`${head}ok`))).toMatchObject({ body: 'ok' });
});

// 23 bytes each, where what is in them is one: other records have nothing in them for anybody to count.
test('a site that packs each byte of its answer for itself is left once it has said 128 KiB', async () => {
  const outcome = await callTo(async (socket) => {
    for (const byte of `${head}ok`) {
      if (socket.destroyed) return;
      await new Promise((resolve) => socket.write(byte, resolve));
    }
  });
  expect(outcome).toMatchObject({
    kind: 'unreachable',
    cause: { message: 'it says more than 131072 bytes' },
  });
});
