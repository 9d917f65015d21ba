import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { innermost, isPublic } from '../../src/outbound/address.ts';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';
import { canary, type Listener } from './loopback.ts';

let listener: Listener;
beforeAll(async () => {
  listener = await canary();
});
afterAll(() => listener.close());

/** One address at least of every range that is not the public internet. */
const special = [
  '0.0.0.0',
  '0.0.0.1',
  '0.255.255.255',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.255.255',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
];

const inHex = (address: string) => {
  const [a, b, c, d] = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `${a}${b}:${c}${d}`;
};

/** An IPv4 address inside IPv6 ones: mapped, compatible, NAT64 in both prefixes, 6to4. */
const embedded = special.flatMap((address) => [
  `[::ffff:${address}]`,
  `[::${address}]`,
  `[64:ff9b::${address}]`,
  `[64:ff9b:1::${address}]`,
  `[2002:${inHex(address)}::1]`,
]);

const spellings = [
  '127.1',
  '127.0.1',
  '127.0.0.1.',
  '127.000.000.001',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0x7F.0x0.0x0.0x1',
  '017700000001',
  '0177.0.0.1',
  '0177.0.0.01',
  '00000000177.1',
  '127.0x1',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127．0．0．1',
  '%31%32%37.0.0.1',
  '127.0.0.%31',
  '0',
  '0x0',
  '00',
  '0.0',
  '3232235521',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::0001]',
  '[0::0:1]',
  '[::ffff:7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[::7f00:0001]',
  '[64:ff9b:1:ffff::127.0.0.1]',
  '[2001::1]',
  '[2001:0:7f00:1::]',
  '[2001:10::1]',
  '[2001:20::1]',
  '[2001:2::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[100::1]',
  '[5f00::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fd12:3456:789a::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff0e::1]',
  '[4000::1]',
];

/** What names have been made to say: one address inside is enough. */
const names: Record<string, string[]> = {
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1'],
  'app.localhost': ['::1'],
  'metadata.google.internal': ['169.254.169.254'],
  'mixed-first.example': ['93.184.216.34', '127.0.0.1'],
  'mixed-last.example': ['10.0.0.1', '93.184.216.34'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'compatible.example': ['::127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'sixtofour.example': ['2002:7f00:1::'],
  'zone.example': ['fe80::1%lo'],
  'nothing.example': [],
  'nonsense.example': ['not an address'],
};

const malformed = (port: number) => [
  `ftp://127.0.0.1:${port}/`,
  `ws://127.0.0.1:${port}/`,
  `gopher://127.0.0.1:${port}/`,
  `file:///etc/passwd`,
  `data:text/plain,hello`,
  `javascript:alert(1)`,
  `//127.0.0.1:${port}/`,
  `127.0.0.1:${port}`,
  `http:/127.0.0.1:${port}`,
  `http:127.0.0.1:${port}`,
  `http:\\\\127.0.0.1:${port}\\`,
  `http://user@93.184.216.34:${port}/`,
  `http://user:pass@93.184.216.34:${port}/`,
  `http://93.184.216.34:${port}@127.0.0.1:${port}/`,
  `http://127.0.0.1:${port}#@93.184.216.34/`,
  `http://127.0.0.1:${port}?@93.184.216.34/`,
  `http://\t127.0.0.1:${port}/`,
  ` http://127.0.0.1:${port}/ `,
  `http://[::1%25lo]:${port}/`,
  `http://[fe80::1%lo]:${port}/`,
  `http://93.184.216.34:22/`,
  `http://93.184.216.34:6379/`,
  `https://93.184.216.34:8081/`,
  `http://93.184.216.34:${port}/${'a'.repeat(2_100)}`,
  '',
  'http://',
];

describe('addresses that are not the public internet', () => {
  const vectors = () => [
    ...[...special, ...embedded, ...spellings, ...Object.keys(names)].flatMap((host) => [
      `http://${host}:${listener.port}/`,
    ]),
    ...malformed(listener.port),
  ];

  it('are never connected to, however they are written', async () => {
    const dialled: unknown[] = [];
    const guard = new Guard({
      allow: [],
      ports: [80, 443, listener.port],
      resolve: async (host) => names[host] ?? [],
      connect: ((options: unknown) => {
        dialled.push(options);
        throw new Error('a socket was opened');
      }) as never,
    });
    const call = caller(guard);
    expect(vectors().length).toBeGreaterThanOrEqual(120);
    for (const vector of vectors()) {
      const url = guard.parse(vector);
      if (url === undefined) continue;
      const { kind } = await call({ method: 'POST', url, body: '{}' });
      expect({ vector, kind }).toEqual({ vector, kind: 'unreachable' });
    }
    expect(dialled).toEqual([]);
    expect(listener.connections).toBe(0);
  });

  it('are refused by their text where it is an address, so that createTask can say so', () => {
    const guard = new Guard({ allow: [], ports: [80] });
    const literals = [...special, ...embedded, ...spellings];
    expect(literals.filter((host) => guard.parse(`http://${host}/`) !== undefined)).toEqual([]);
    expect(guard.parse('http://a-name.example/')?.hostname).toBe('a-name.example');
    // What is kept of it is the text that it has as a URL.
    const kept = guard.parse(`http://a-name.example/?name=${'и'.repeat(300)}`)!.href;
    expect(guard.parse(kept)?.href).toBe(kept);
    expect(guard.parse(`http://a-name.example/?name=${'и'.repeat(400)}`)).toBeUndefined();
  });

  it('are all that is refused', () => {
    const open = [
      '1.1.1.1',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '169.253.255.255',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '2606:4700:4700::1111',
      '2001:4860:4860::8888',
      '::ffff:1.1.1.1',
      '64:ff9b::101:101',
      '2002:101:101::1',
    ];
    expect(open.filter((address) => !isPublic(innermost(address)!))).toEqual([]);
  });

  it('can be allowed by range, whatever they are wrapped in; and then our own ports still cannot', async () => {
    const ports = [listener.port];
    const guard = new Guard({ allow: ['127.0.0.0/8'], ports });
    const hosts = ['127.0.0.1', '[::ffff:127.0.0.1]'];
    const open = hosts.map((host) => guard.parse(`http://${host}:${listener.port}/`)?.port);
    expect(open).toEqual(hosts.map(() => String(listener.port)));
    expect(guard.parse(`http://10.0.0.1:${listener.port}/`)).toBeUndefined();
    const six = new Guard({ allow: ['::1'], ports });
    expect(six.parse(`http://[::1]:${listener.port}/`)?.port).toBe(String(listener.port));
    expect(six.parse(`http://[::]:${listener.port}/`)).toBeUndefined();
    six.denyOwn(listener.port);
    expect(six.parse(`http://[::1]:${listener.port}/`)).toBeUndefined();
    guard.denyOwn(listener.port);
    expect(hosts.map((host) => guard.parse(`http://${host}:${listener.port}/`))).toEqual([
      undefined,
      undefined,
    ]);
    const named = new Guard({ allow: ['127.0.0.0/8'], ports, resolve: async () => ['127.0.0.1'] });
    named.denyOwn(listener.port);
    const url = named.parse(`http://ourselves.example:${listener.port}/`)!;
    expect(await caller(named)({ method: 'GET', url })).toMatchObject({ kind: 'unreachable' });
    expect(listener.connections).toBe(0);
  });

  it('are refused when only the connected socket tells, before a byte is written', async () => {
    const { connect } = await import('node:net');
    const before = listener.connections;
    const guard = new Guard({
      allow: [],
      ports: [listener.port],
      resolve: async () => ['93.184.216.34'],
      // As if something between us and the network led every address to this machine.
      connect: (() => connect({ host: '127.0.0.1', port: listener.port })) as never,
    });
    const url = guard.parse(`http://public.example:${listener.port}/`)!;
    const { kind } = await caller(guard)({ method: 'POST', url, body: 'secret' });
    expect(kind).toBe('unreachable');
    await expect.poll(() => listener.connections).toBe(before + 1);
    expect(listener.bytes).toBe(0);
  });
});
