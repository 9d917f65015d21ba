import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { networkOf } from '../../src/flow/network.ts';
import { Protection } from '../../src/flow/protect.ts';
import { RecentMap } from '../../src/flow/recentMap.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { Ban } from '../../src/store/store.ts';
import { FakeClock } from '../world.ts';

const log = createLog({ logLevel: 'silent' });
const metrics = createMetrics();

function protection(saveBan: (ban: Ban) => Promise<void> = async () => {}, listed: Ban[] = []) {
  const clock = new FakeClock();
  const config = { ...loadConfig({}, ''), banErrors: 3 };
  const store = { saveBan, listBans: async () => listed };
  return { clock, guard: new Protection({ config, clock, store, log, metrics }) };
}

test('the /64 of an IPv6 address is banned whole, and its neighbour is not', () => {
  const { guard } = protection();
  for (const host of ['::1', ':a:b:c:d', ':ffff:0:0:1'])
    guard.countForAddress(`2001:db8:1:2${host}`, 'ERROR_BAD_REQUEST');
  expect(() => guard.refuseBanned('2001:db8:1:2:9:9:9:9')).toThrow('ERROR_IP_BANNED');
  guard.refuseBanned('2001:db8:1:3::1');
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0000:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
])('%s is banned as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('a ban holds while it is being saved, and when it cannot be', async () => {
  const { guard } = protection(() => Promise.reject(new Error('disk full')));
  for (let i = 0; i < 3; i++) guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  await guard.refresh();
  await guard.refresh();
  expect(() => guard.refuseBanned('192.0.2.7')).toThrow('ERROR_IP_BANNED');
});

test('a list that was read before a ban was saved does not lift it', async () => {
  const list = Promise.withResolvers<Ban[]>();
  const clock = new FakeClock();
  const config = { ...loadConfig({}, ''), banErrors: 1 };
  const store = { saveBan: async () => {}, listBans: () => list.promise };
  const guard = new Protection({ config, clock, store, log, metrics });
  const refreshed = guard.refresh();
  guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  await Promise.resolve();
  list.resolve([]);
  await refreshed;
  expect(() => guard.refuseBanned('192.0.2.7')).toThrow('ERROR_IP_BANNED');
  await guard.refresh();
  guard.refuseBanned('192.0.2.7');
});

test('a map of recent things forgets the least recent one, and holds no more than it may', () => {
  const map = new RecentMap<string, number>(4);
  for (const [at, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, at);
  map.get('a');
  map.set('e', 4);
  expect(map.size).toBe(4);
  expect(map.get('b')).toBeUndefined();
  expect(map.get('a')).toBe(0);
});
