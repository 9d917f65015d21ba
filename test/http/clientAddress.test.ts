import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { readAddresses } from '../../src/http/clientAddress.ts';
import { openWorld } from '../world.ts';

const request = (remoteAddress: string, headers: Record<string, string> = {}) =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;

const trusted = ['10.0.0.0/8', 'fd00::/8'];

test.each([
  ['no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['one hop', '10.0.0.1', '203.0.113.5', '203.0.113.5'],
  ['a client that forged a hop', '10.0.0.1', '1.1.1.1, 203.0.113.5', '203.0.113.5'],
  ['two of our proxies', '10.0.0.1', '1.1.1.1, 203.0.113.5, 10.0.0.2', '203.0.113.5'],
  ['a client that forged one of our proxies', '10.0.0.1', '10.0.0.9, 203.0.113.5', '203.0.113.5'],
  ['only our own', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['a peer that is no proxy of ours', '203.0.113.9', '1.1.1.1', '203.0.113.9'],
  ['a port', '10.0.0.1', '203.0.113.5:443', '203.0.113.5'],
  ['IPv6 in brackets', '10.0.0.1', '[2001:db8::5]:443', '2001:db8::5'],
  ['IPv6 bare', 'fd00::1', '2001:db8::5', '2001:db8::5'],
  ['IPv4 in IPv6', '::ffff:10.0.0.1', '::ffff:203.0.113.5', '203.0.113.5'],
  ['IPv4 in IPv6, in capitals', '10.0.0.1', '::FFFF:203.0.113.5', '203.0.113.5'],
  ['IPv4 in IPv6, in hex', '10.0.0.1', '::ffff:cb00:7105', '203.0.113.5'],
  ['IPv4 in IPv6, in full', '0:0:0:0:0:ffff:10.0.0.1', '0:0:0:0:0:ffff:203.0.113.5', '203.0.113.5'],
  ['IPv6 that only looks like it', '10.0.0.1', '::ffff:0:203.0.113.5', '::ffff:0:203.0.113.5'],
  ['nonsense', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['nonsense further left', '10.0.0.1', '"><script>, 203.0.113.5', '203.0.113.5'],
  ['nonsense between', '10.0.0.1', '203.0.113.5, x, 10.0.0.2', '10.0.0.2'],
  ['nothing', '10.0.0.1', '', '10.0.0.1'],
  ['commas', '10.0.0.1', ',,,', '10.0.0.1'],
])('%s', (_name, peer, header, address) => {
  const headers: Record<string, string> = header === undefined ? {} : { 'x-forwarded-for': header };
  expect(readAddresses(trusted).of(request(peer, headers))).toBe(address);
});

test.each(['forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'x-forwarded'])(
  '%s is never believed',
  (name) => {
    const headers = { [name]: 'for=1.1.1.1' };
    expect(readAddresses(trusted).of(request('10.0.0.1', headers))).toBe('10.0.0.1');
  },
);

test('without configured proxies X-Forwarded-For cannot get a third party banned', async () => {
  await using world = await openWorld({ settings: { banErrors: 3 } });
  const headers = { 'x-forwarded-for': '203.0.113.5' };
  for (let i = 0; i < 3; i++) await world.send('/createTask', '{bad', { headers });
  expect((await world.call('getBalance')).body.errorCode).toBe('ERROR_IP_BANNED');
  const bans = await world.store.listBans(world.clock.now());
  expect(bans.map((ban) => ban.subject)).toEqual(['127.0.0.1']);
});

test('behind a configured proxy the client is banned, and the proxy never', async () => {
  const settings = { banErrors: 3, trustedProxies: ['127.0.0.1'] };
  await using world = await openWorld({ settings });
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  for (let i = 0; i < 3; i++) await world.send('/createTask', '{bad', from('203.0.113.5'));
  expect((await world.call('getBalance', {}, from('203.0.113.5'))).body.errorCode).toBe('ERROR_IP_BANNED');
  expect((await world.call('getBalance', {}, from('203.0.113.6'))).status).toBe(200);

  for (let i = 0; i < 5; i++) await world.send('/createTask', '{bad');
  expect((await world.call('getBalance')).status).toBe(200);
});

test('a client that hides its address behind a thousand headers is banned as any other', async () => {
  await using world = await openWorld({ settings: { banErrors: 1, trustedProxies: ['127.0.0.1'] } });
  const headers = { 'x-forwarded-for': '203.0.113.5' };
  const many = Array.from({ length: 1_100 }, (_, at) => [`a${at}`, '']);
  await world.send('/createTask', '{bad', { headers: { ...Object.fromEntries(many), ...headers } });
  expect((await world.call('getBalance', {}, { headers })).body.errorCode).toBe('ERROR_IP_BANNED');
});

test('a proxy beside the server that is not configured is told of in the log, once', async () => {
  await using world = await openWorld();
  const told = () => world.log.filter((line) => line.includes('trustedProxies'));
  await world.call('getBalance');
  expect(told()).toEqual([]);
  const headers = { 'x-forwarded-for': '203.0.113.5' };
  for (let i = 0; i < 3; i++) await world.call('getBalance', {}, { headers });
  expect(told()).toEqual([expect.stringContaining('"peer":"127.0.0.1"')]);
});

test('a header that comes from far away, or from a configured proxy, is told of to nobody', () => {
  const peers: string[] = [];
  const addresses = readAddresses(trusted, (peer) => peers.push(peer));
  for (const peer of ['198.51.100.7', '10.0.0.1', '2001:db8::1'])
    addresses.of(request(peer, { 'x-forwarded-for': '203.0.113.5' }));
  expect(peers).toEqual([]);
  addresses.of(request('192.168.0.2', { 'x-forwarded-for': '203.0.113.5' }));
  expect(peers).toEqual(['192.168.0.2']);
});
