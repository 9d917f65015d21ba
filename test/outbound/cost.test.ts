import { expect, test } from 'vitest';
import { caller, standardLimits } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { httpServer, tcpServer } from './loopback.ts';

/** A call to a site on this machine, which only what the site does can end. */
function call(port: number, scheme = 'http') {
  const guard = new Guard({ allow: ['127.0.0.0/8'], ports: [port], resolve: async () => ['127.0.0.1'] });
  const patient = { connectMs: 20_000, headersMs: 20_000, totalMs: 20_000, bytes: 1_000 };
  return caller(guard, patient)({ method: 'GET', url: guard.parse(`${scheme}://site.example:${port}/`)! });
}

test('a call takes 64 KiB and 10 seconds at most, 3 of them to connect, 5 until the answer begins', () => {
  expect(standardLimits).toEqual({ connectMs: 3_000, headersMs: 5_000, totalMs: 10_000, bytes: 65_536 });
});

test.each([
  [1_000, 'answered'],
  [1_001, 'unreachable'],
])('of %d bytes where 1,000 are taken a site is %s', async (bytes, kind) => {
  const server = await httpServer((_request, response) => response.end('x'.repeat(bytes)));
  expect(await call(server.port)).toMatchObject({ kind });
  await server.close();
});

test.each([
  [8, 'answered'],
  [9, 'unreachable'],
])('with %d interim answers before its answer a site is %s', async (count, kind) => {
  const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(count);
  const end = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  const server = await tcpServer((socket) => socket.once('data', () => socket.write(interim + end)));
  expect(await call(server.port)).toMatchObject({ kind });
  await server.close();
});

test('a site that sends header lines without end is left at the first 16 KiB', async () => {
  const server = await tcpServer((socket) =>
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${'a:\r\n'.repeat(100_000)}`)),
  );
  expect(await call(server.port)).toMatchObject({
    kind: 'unreachable',
    cause: { code: 'HPE_HEADER_OVERFLOW' },
  });
  await server.close();
});

/** What a client offers in its ClientHello: ids of cipher suites, and of groups (RFC 8446, 4.1.2 and 4.2.7). */
function offered(hello: Buffer): { suites: number[]; groups: number[] } {
  const words = (from: number) =>
    Array.from({ length: hello.readUInt16BE(from) / 2 }, (_, at) => hello.readUInt16BE(from + 2 + 2 * at));
  const suitesAt = 44 + hello[43]!;
  const suites = words(suitesAt);
  let at = suitesAt + 2 + 2 * suites.length;
  at += 1 + hello[at]! + 2;
  while (hello.readUInt16BE(at) !== 10) at += 4 + hello.readUInt16BE(at + 2);
  return { suites, groups: words(at + 4) };
}

// One of 10,000 bits, which a server may choose for DHE, would keep everybody waiting for 0.9 s.
test('a site may not choose how large the numbers are that it agrees on keys by', async () => {
  const first = Promise.withResolvers<Buffer>();
  const server = await tcpServer((socket) =>
    socket.once('data', (hello) => {
      first.resolve(hello);
      socket.destroy();
    }),
  );
  await call(server.port, 'https');
  const { suites, groups } = offered(await first.promise);
  const finiteField = [0x33, 0x39, 0x67, 0x6b, 0x9e, 0x9f, 0xccaa, 0xc09e, 0xc09f, 0xc0a2, 0xc0a3];
  expect(suites).toContain(0x1301);
  expect(suites.filter((suite) => finiteField.includes(suite))).toEqual([]);
  expect(groups).toContain(0x1d);
  expect(groups.filter((group) => group >= 0x100)).toEqual([]);
  await server.close();
});
