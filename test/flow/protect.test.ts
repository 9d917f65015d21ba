import { expect, test } from 'vitest';
import { networksOf } from '../../src/flow/network.ts';
import { Protection } from '../../src/flow/protect.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import type { Ban, BanChanges } from '../../src/store/records.ts';
import { FakeClock } from '../world.ts';

const log = createLog({ logLevel: 'silent' });
const metrics = createMetrics();

function told(...bans: Ban[]): BanChanges {
  return { bans, upTo: bans.length, more: false, isAnew: false };
}

function protection(
  saveBan: (ban: Ban) => Promise<void> = async () => {},
  listed: Ban[] = [],
  blockSeconds = 600,
) {
  const clock = new FakeClock();
  const config = { ...loadConfig({}, ''), banErrors: 3, blockErrors: 3, blockSeconds };
  const store = { saveBan, banChanges: async () => told(...listed) };
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
  ['192.0.2.7', ['192.0.2.7']],
  ['2001:db8::1', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['2001:0DB8:0000:0000:1:2:3:4', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['2001:db8:1:abcd:3:4:5:6', ['2001:db8:1:abcd::/64', '2001:db8:1:ab00::/56', '2001:db8:1::/48']],
  ['::1', ['0:0:0:0::/64', '0:0:0:0::/56', '0:0:0::/48']],
  ['fe80::1%eth0', ['fe80:0:0:0::/64', 'fe80:0:0:0::/56', 'fe80:0:0::/48']],
  ['2001:db8::4:5:6:7:8', ['2001:db8:0:4::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['64:ff9b::198.51.100.7', ['198.51.100.7']],
  ['64:FF9B:0:0:0:0:c633:6407', ['198.51.100.7']],
  ['64:ff9b:1::198.51.100.7', ['64:ff9b:1:0::/64', '64:ff9b:1:0::/56', '64:ff9b:1::/48']],
  ['64:ff9b::1:0:0', ['64:ff9b:0:0::/64', '64:ff9b:0:0::/56', '64:ff9b:0::/48']],
  ['1:2:3:4:5:6:7::', ['1:2:3:4::/64', '1:2:3:0::/56', '1:2:3::/48']],
])('%s is banned as one of %j', (address, names) => {
  expect(networksOf(address).map(({ name }) => name)).toEqual(names);
});

test('a ban holds while it is being saved, and when it cannot be', async () => {
  const { guard } = protection(() => Promise.reject(new Error('disk full')));
  for (let i = 0; i < 3; i++) guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  await guard.refresh();
  await guard.refresh();
  expect(() => guard.refuseBanned('192.0.2.7')).toThrow('ERROR_IP_BANNED');
});

test('the ban after one that ended less than 24 hours ago is longer', async () => {
  const { clock, guard } = protection();
  const err = () => {
    for (let i = 0; i < 3; i++) guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  };
  err();
  clock.advance(600_000 + 23 * 3_600_000);
  guard.refuseBanned('192.0.2.7');
  await guard.refresh();
  err();
  clock.advance(1_799_000);
  expect(() => guard.refuseBanned('192.0.2.7')).toThrow('ERROR_IP_BANNED');
  clock.advance(1_000);
  guard.refuseBanned('192.0.2.7');
});

test('the errors of a key that is blocked do not make that longer', () => {
  const { clock, guard } = protection();
  const err = (times: number) => {
    for (let i = 0; i < times; i++) guard.countForKey('key-1', 'ERROR_BAD_REQUEST');
  };
  err(3);
  expect(() => guard.refuseBlocked('key-1')).toThrow('ERROR_KEY_TEMP_BLOCKED');
  clock.advance(599_000);
  err(3);
  clock.advance(1_000);
  guard.refuseBlocked('key-1');
  err(2);
  guard.refuseBlocked('key-1');
});

test('errors that have brought a block count for no other, however soon it ends', () => {
  const { clock, guard } = protection(undefined, [], 10);
  for (let i = 0; i < 3; i++) guard.countForKey('key-1', 'ERROR_BAD_REQUEST');
  clock.advance(10_000);
  for (let i = 0; i < 2; i++) guard.countForKey('key-1', 'ERROR_BAD_REQUEST');
  guard.refuseBlocked('key-1');
  guard.countForKey('key-1', 'ERROR_BAD_REQUEST');
  expect(() => guard.refuseBlocked('key-1')).toThrow('ERROR_KEY_TEMP_BLOCKED');
});

test('a ban of another server holds at once where its clock is ahead by a minute or less', async () => {
  const since = new FakeClock().now() + 60_000;
  const ban: Ban = { kind: 'address', subject: '192.0.2.7', since, until: since + 600_000, count: 1 };
  const { guard } = protection(undefined, [ban, { ...ban, subject: '192.0.2.8', since: since + 1 }]);
  await guard.refresh();
  expect(() => guard.refuseBanned('192.0.2.7')).toThrow('ERROR_IP_BANNED');
  guard.refuseBanned('192.0.2.8');
});

/** Whose store tells of bans when it is bidden to; `asked`: after which change, and how to answer. */
function slowly(saveBan: () => Promise<void> = async () => {}) {
  const clock = new FakeClock();
  const asked: { after: number; tell: (changes: BanChanges) => void }[] = [];
  const banChanges = (after: number) => new Promise<BanChanges>((tell) => void asked.push({ after, tell }));
  const config = { ...loadConfig({}, ''), banErrors: 1 };
  const guard = new Protection({ config, clock, store: { saveBan, banChanges }, log, metrics });
  const since = clock.now();
  const ban: Ban = { kind: 'address', subject: '192.0.2.7', since, until: since + 600_000, count: 1 };
  const isBanned = () => guard.refusalOf('192.0.2.7') !== undefined;
  return { clock, asked, guard, ban, isBanned };
}

test('what has changed is read some at a time, from the last change on, and by one refresh at a time', async () => {
  const { asked, guard, ban } = slowly();
  const both = [guard.refresh(), guard.refresh()];
  asked[0]!.tell({ bans: [ban], upTo: 500, more: true, isAnew: false });
  await expect.poll(() => asked.length).toBe(2);
  asked[1]!.tell({ bans: [{ ...ban, subject: '192.0.2.8' }], upTo: 501, more: false, isAnew: false });
  await Promise.all(both);
  expect(guard.bannedAddresses).toBe(2);
  const again = guard.refresh();
  asked[2]!.tell({ bans: [{ ...ban, until: ban.since, count: 0 }], upTo: 502, more: false, isAnew: false });
  await again;
  expect(asked.map(({ after }) => after)).toEqual([-1, 500, 501]);
  expect(guard.bannedAddresses).toBe(1);
});

test('a longer ban of another server outlasts one that could not be saved here', async () => {
  const { asked, clock, guard, ban, isBanned } = slowly(() => Promise.reject(new Error('away')));
  guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  const refreshed = guard.refresh();
  const since = ban.since + 30_000;
  asked[0]!.tell(told({ ...ban, since, until: since + 1_800_000, count: 2 }));
  await refreshed;
  clock.advance(700_000);
  expect(isBanned()).toBe(true);
});

test('books that begin anew, as after a restore, leave no ban of before but those that are being saved', async () => {
  const { asked, guard, ban, isBanned } = slowly(() => new Promise(() => {}));
  const before = guard.refresh();
  asked[0]!.tell(told({ ...ban, subject: '192.0.2.8' }));
  await before;
  guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  const anew = guard.refresh();
  asked[1]!.tell({ ...told({ ...ban, subject: '192.0.2.9' }), isAnew: true });
  await anew;
  const banned = ['192.0.2.8', '192.0.2.9'].map((address) => guard.refusalOf(address) !== undefined);
  expect([...banned, isBanned()]).toEqual([false, true, true]);
});

test('a ban that a wrong clock laid on a time to come does not hold until then', async () => {
  const since = Date.UTC(2099, 0, 1);
  const ban: Ban = { kind: 'address', subject: '192.0.2.7', since, until: since + 600_000, count: 1 };
  const { clock, guard } = protection(undefined, [ban]);
  await guard.refresh();
  guard.refuseBanned('192.0.2.7');
  expect(guard.bannedAddresses).toBe(0);
  clock.advance(since - clock.now());
  expect(() => guard.refuseBanned('192.0.2.7')).toThrow('ERROR_IP_BANNED');
});

test('what is read of before a ban was saved does not lift it, and what is read of after does', async () => {
  const saved = Promise.withResolvers<void>();
  const { clock, asked, guard, ban, isBanned } = slowly(() => saved.promise);
  clock.advance(700_000);
  const lifted = { until: ban.since, count: 0 };
  guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  async function read(change: Ban): Promise<void> {
    const refreshed = guard.refresh();
    asked.at(-1)!.tell(told(change));
    await refreshed;
  }
  await read({ ...ban, ...lifted });
  expect(isBanned()).toBe(true);
  saved.resolve();
  await saved.promise;
  await read({ ...ban, ...lifted });
  expect(isBanned()).toBe(false);
});

test('the lift of a ban whose own saving is in doubt is believed', async () => {
  const { clock, asked, guard, ban, isBanned } = slowly(() => Promise.reject(new Error('lost')));
  guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  const refreshed = guard.refresh();
  asked[0]!.tell(told({ ...ban, until: clock.now(), count: 0 }));
  await refreshed;
  expect(isBanned()).toBe(false);
});

/** A store that tells of no ban, and can save none until it is bidden to. */
function unsaving() {
  const saved: Ban[] = [];
  const store = { isAway: true };
  const made = protection(async (ban) => {
    if (store.isAway) throw new Error('away');
    saved.push(ban);
  });
  return { ...made, saved, store };
}

test('a ban that could not be saved is saved as soon as it can be, and once: other servers hear of it', async () => {
  const { guard, saved, store } = unsaving();
  for (let i = 0; i < 3; i++) guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  await guard.refresh();
  store.isAway = false;
  for (let i = 0; i < 3; i++) await guard.refresh();
  expect(saved).toMatchObject([{ kind: 'address', subject: '192.0.2.7', count: 1 }]);
});

test('of many that could not be saved a hundred are saved at once: behind them waits what needs the database, too', async () => {
  const { guard, saved, store } = unsaving();
  for (let n = 0; n < 250; n++)
    for (let i = 0; i < 3; i++) guard.countForAddress(`192.0.2.${n}`, 'ERROR_BAD_REQUEST');
  await guard.refresh();
  store.isAway = false;
  for (const count of [100, 200, 250]) {
    await guard.refresh();
    expect(saved).toHaveLength(count);
  }
});

test('but not once it has ended', async () => {
  const { clock, guard, saved, store } = unsaving();
  for (let i = 0; i < 3; i++) guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  await guard.refresh();
  store.isAway = false;
  clock.advance(600_000);
  await guard.refresh();
  expect(saved).toEqual([]);
});

test('nor once it was lifted, where it had been saved after all', async () => {
  let saves = 0;
  const { asked, guard, ban, isBanned } = slowly(async () => {
    saves++;
    throw new Error('the answer was lost');
  });
  guard.countForAddress('192.0.2.7', 'ERROR_BAD_REQUEST');
  const refreshed = guard.refresh();
  asked[0]!.tell(told({ ...ban, count: 0 }));
  await refreshed;
  expect([isBanned(), saves]).toEqual([false, 1]);
});
