import { expect, test } from 'vitest';
import { groupsOf, isRange, rangeMatcher } from '../src/range.ts';

test.each(['', 'nobody', '::ffff:zz', '::ffff:1.2.3.4.5'])('%j is an address in no range', (text) => {
  expect(rangeMatcher(['0.0.0.0/0', '::/0'])(text)).toBe(false);
});

test.each(['::/1', '::/64', '::/80', '::/96', '::ffff:0:0/80', '::/0'])(
  'of the IPv6 range %s no IPv4 address is one, however it is written',
  (range) => {
    const isIn = rangeMatcher([range]);
    expect(['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304'].map(isIn)).toEqual([false, false, false]);
    expect(isIn('::1')).toBe(true);
  },
);

test.each([
  ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ['::ffff:a00:0/104', '10.0.0.0/8'],
  ['0:0:0:0:0:FFFF:10.0.0.0/104', '10.0.0.0/8'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
])('%s is the IPv4 range %s', (mapped, plain) => {
  for (const range of [mapped, plain]) {
    const isIn = rangeMatcher([range]);
    expect(['10.0.0.1', '::ffff:10.0.0.1'].map(isIn)).toEqual([true, true]);
    expect(['11.0.0.1', '::ffff:11.0.0.1', '::1', '::a00:1'].map(isIn)).toEqual([false, false, false, false]);
  }
});

test.each(['10.0.0.0/33', '::/129', '::ffff:10.0.0.0/129', '10.0.0.0/', '10.0.0.0/8/8', 'host', ''])(
  '"%s" is no range',
  (text) => expect(isRange(text)).toBe(false),
);

test.each([
  ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['2001:DB8::8:800:200c:417a', [0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a]],
  ['fe80::1%eth0', [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
  ['::2:3:4:5:6:1.2.3.4', [0, 2, 3, 4, 5, 6, 0x102, 0x304]],
])('the groups of %s, however it is spelled', (address, groups) => {
  expect(groupsOf(address)).toEqual(groups);
});
