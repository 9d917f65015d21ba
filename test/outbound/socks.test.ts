import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Place, ProxyPlace } from '../../src/call.ts';
import { openTunnel } from '../../src/outbound/tunnel.ts';
import { tcpServer } from './loopback.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

type Scheme = 'socks4' | 'socks5';
const site = { host: 'site.example', port: 443 };

/** Asks a proxy that does this with its connection; what it was told comes back with the socket. */
async function ask(
  serve: (socket: Socket) => unknown,
  {
    scheme = 'socks5',
    login = '',
    password = '',
  }: { scheme?: Scheme; login?: string; password?: string } = {},
  to: Place = site,
) {
  let told = Buffer.alloc(0);
  const server = await tcpServer((socket) => {
    socket.on('data', (data) => {
      told = Buffer.concat([told, data]);
    });
    serve(socket);
  });
  closings.push(server.close);
  const socket = connect({ host: '127.0.0.1', port: server.port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  const proxy: ProxyPlace = { scheme, host: '127.0.0.1', port: server.port, login, password };
  const leave = new AbortController();
  const opening = openTunnel(socket, proxy, to, leave.signal);
  const settled = opening.then(
    () => 'opened',
    () => 'refused',
  );
  return { socket, settled, leave, told: () => told.toString('hex') };
}

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const says = (hex: string) => (socket: Socket) => socket.write(bytes(hex));
const saysAndEnds = (hex: string) => (socket: Socket) => socket.end(bytes(hex));

/** All that a proxy says, where it asks for no login, or for one, or is of version 4. */
const consents: [string, { scheme: Scheme; login?: string; password?: string }, string][] = [
  ['5, no login, IPv4', { scheme: 'socks5' }, '05 00  05 00 00 01 7f000001 0050'],
  ['5, no login, IPv6', { scheme: 'socks5' }, `05 00  05 00 00 04 ${'00'.repeat(16)} 0050`],
  ['5, no login, a name', { scheme: 'socks5' }, '05 00  05 00 00 03 02 6161 0050'],
  ['5, no login, no name', { scheme: 'socks5' }, '05 00  05 00 00 03 00 0050'],
  ['5, a login', { scheme: 'socks5', login: 'u', password: 'p' }, '05 02  01 00  05 00 00 01 7f000001 0050'],
  ['4', { scheme: 'socks4', login: 'u' }, '00 5a 0050 7f000001'],
];

it('a site that answers before it is asked ends the call, and nothing else', async () => {
  const server = await tcpServer((socket) => {
    socket.once('data', () => socket.write(bytes(`05 00  05 00 00 01 7f000001 0050 58`)));
  });
  closings.push(server.close);
  const call = new Worker(new URL('./earlyCall.ts', import.meta.url), { workerData: { port: server.port } });
  const [kind] = await once(call, 'message', { signal: AbortSignal.timeout(20_000) }).finally(() =>
    call.terminate(),
  );
  expect(kind).toBe('proxyRefused');
});

describe('what a SOCKS proxy says', () => {
  it.each(consents)(
    'may come all at once, with what the site says behind it (%s)',
    async (_name, how, hex) => {
      const { socket, settled } = await ask(says(`${hex} ${Buffer.from('hello').toString('hex')}`), how);
      expect(await settled).toBe('opened');
      const [data] = await once(socket, 'data');
      expect(String(data)).toBe('hello');
      socket.destroy();
    },
  );

  it.each(consents)('may come byte by byte (%s)', async (_name, how, hex) => {
    const drip = async (proxy: Socket) => {
      for (const byte of [...bytes(hex), ...Buffer.from('hello')]) {
        proxy.write(Buffer.from([byte]));
        for (let turns = 0; turns < 5; turns++) await turn();
      }
      proxy.end();
    };
    const { socket, settled } = await ask((proxy) => drip(proxy.setNoDelay()), how);
    expect(await settled).toBe('opened');
    let heard = '';
    for await (const data of socket) heard += data;
    expect(heard).toBe('hello');
  });

  it.each(consents)('is refused when it ends anywhere before its end (%s)', async (_name, how, hex) => {
    const whole = hex.replaceAll(' ', '');
    for (let length = 0; length < whole.length; length += 2) {
      const { settled, socket } = await ask(saysAndEnds(whole.slice(0, length)), how);
      expect({ length, end: await settled }).toEqual({ length, end: 'refused' });
      socket.destroy();
    }
  });

  const login = { login: 'u', password: 'p' };
  it.each([
    ['an HTTP server', {}, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
    ['version 4 for 5', {}, '04 00'],
    ['a method that was not offered', {}, '05 02'],
    ['no method', login, '05 ff'],
    ['a method that nobody knows', login, '05 80'],
    ['a wrong login', login, '05 02 01 01'],
    ['version 4 later', {}, '05 00 04 00 00 01 7f000001 0050'],
    ['a refusal', {}, '05 00 05 05 00 01 7f000001 0050'],
    ['an address of no kind', {}, '05 00 05 00 00 02 7f000001 0050'],
    ['version 5 for 4', { scheme: 'socks4' as const }, '05 00 05 00 00 01 7f 00'],
    ['a refusal of 4', { scheme: 'socks4' as const }, '00 5b 0050 7f000001'],
    ['zeros', {}, '00'.repeat(5_000_000)],
    ['ones', { scheme: 'socks4' as const }, 'ff'.repeat(5_000_000)],
  ])('is refused: %s', async (_name, how, hex) => {
    const { settled, socket } = await ask(says(hex), how);
    expect(await settled).toBe('refused');
    socket.destroy();
  });

  it.each(['socks4', 'socks5'] as const)('is not waited for by whoever has left (%s)', async (scheme) => {
    const { settled, leave, socket } = await ask(() => {}, { scheme });
    leave.abort();
    expect(await settled).toBe('refused');
    expect(socket.destroyed).toBe(true);
  });
});

describe('what a SOCKS proxy is told', () => {
  const inHex = (text: string) => Buffer.from(text).toString('hex');
  const name = inHex(site.host);

  it.each([
    ['5', {}, site, consents[0]![2], `050100 05010003 0c ${name} 01bb`],
    ['5 to IPv4', {}, { host: '1.2.3.4', port: 80 }, consents[0]![2], '050100 05010001 01020304 0050'],
    [
      '5 to IPv6',
      {},
      { host: '2606:4700::1', port: 80 },
      consents[0]![2],
      '050100 05010004 26064700000000000000000000000001 0050',
    ],
    [
      '5 with a login',
      { login: 'us', password: 'pwd' },
      site,
      consents[4]![2],
      `05020002 01 02 ${inHex('us')} 03 ${inHex('pwd')} 05010003 0c ${name} 01bb`,
    ],
    [
      '4a',
      { scheme: 'socks4' as const, login: 'us' },
      site,
      consents[5]![2],
      `040101bb 00000001 ${inHex('us')}00 ${name}00`,
    ],
    [
      '4',
      { scheme: 'socks4' as const },
      { host: '1.2.3.4', port: 80 },
      consents[5]![2],
      '04010050 01020304 00',
    ],
  ])('is the handshake of %s', async (_name, how, to, answer, expected) => {
    const { settled, told, socket } = await ask(says(answer), how, to);
    expect(await settled).toBe('opened');
    await expect.poll(told).toBe(expected.replaceAll(' ', ''));
    socket.destroy();
  });

  it.each([
    ['a login', { login: 'x'.repeat(256), password: 'p' }, site],
    ['a password', { login: 'u', password: 'é'.repeat(128) }, site],
    ['the name of a site', {}, { host: `${'x'.repeat(256)}.example`, port: 80 }],
    ['a login with a NUL', { scheme: 'socks4' as const, login: 'u\0v' }, site],
  ])('is never more than it has words for: %s', async (_name, how, to) => {
    const { settled, told, socket } = await ask(says(consents[4]![2]), how, to);
    expect(await settled).toBe('refused');
    socket.destroy();
    expect(told()).toBe('');
  });
});
