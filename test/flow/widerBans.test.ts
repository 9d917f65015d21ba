import { expect, test } from 'vitest';
import { Protection } from '../../src/flow/protect.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { loadConfig } from '../../src/settings/loadConfig.ts';
import type { Ban } from '../../src/store/records.ts';
import { FakeClock } from '../world.ts';

const honest = '2001:db8:ffff::1';
const hour = 3_600_000;

function world(clock = new FakeClock(), saved: Ban[] = [], settings: NodeJS.ProcessEnv = {}) {
  const store = {
    saveBan: async (ban: Ban) => {
      saved.push(ban);
    },
    banChanges: async () => ({ bans: saved, upTo: saved.length, more: false, isAnew: false }),
  };
  const parts = { log: createLog({ logLevel: 'silent' }), metrics: createMetrics() };
  const guard = new Protection({ config: loadConfig(settings, ''), clock, store, ...parts });

  /** Milliseconds until the address may call. */
  function msLeft(address: string): number {
    try {
      guard.refuseBanned(address);
      return 0;
    } catch (error) {
      return (error as { retryAfterMs: number }).retryAfterMs;
    }
  }

  /** Requests with an error from one address after another; how many came through. */
  function flood(requests: number, nextAddress: () => string, msBetween = 0.5): number {
    let through = 0;
    for (let sent = 0; sent < requests; sent++) {
      clock.advance(msBetween);
      const address = nextAddress();
      if (msLeft(address) > 0) continue;
      through++;
      guard.countForAddress(address, 'ERROR_BAD_REQUEST');
    }
    return through;
  }
  return { clock, guard, saved, msLeft, flood };
}

/** The same numbers in each run, of 32 bits: Numerical Recipes' generator, its weak low bits cut off. */
function numbers(seed = 1) {
  let state = seed;
  return (bits: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> (32 - bits);
  };
}

const next = numbers();
const within: Record<string, () => string> = {
  '/64': () => `2001:db8:1:2::${next(16).toString(16)}:${next(16).toString(16)}`,
  '/56': () => `2001:db8:1:${(0x4200 + next(8)).toString(16)}::${next(16).toString(16)}`,
  '/48': () => `2001:db8:1:${next(16).toString(16)}::${next(16).toString(16)}`,
};

test.each([
  ['/64', 1_000, '2001:db8:1:2::/64', '2001:db8:1:3::1'],
  ['/56', 4_000, '2001:db8:1:4200::/56', '2001:db8:1:4300::1'],
  ['/48', 16_000, '2001:db8:1::/48', '2001:db8:2::1'],
])('of 100,000 errors from one %s, %i come through', (prefix, budget, banned, beside) => {
  const { saved, msLeft, flood } = world();
  expect(flood(100_000, within[prefix]!)).toBe(budget);
  expect(saved.map(({ subject }) => subject)).toEqual([banned]);
  expect([msLeft(beside), msLeft(honest)]).toEqual([0, 0]);
});

test('a wider ban lasts 10 minutes, and 30 when it is repeated within 24 hours', () => {
  const { clock, msLeft, flood } = world();
  flood(4_000, within['/56']!);
  expect(msLeft('2001:db8:1:42ff::1')).toBe(600_000);
  clock.advance(600_000);
  expect(msLeft('2001:db8:1:42ff::1')).toBe(0);
  flood(4_000, within['/56']!);
  expect(msLeft('2001:db8:1:42ff::1')).toBe(1_800_000);
  clock.advance(25 * hour);
  flood(4_000, within['/56']!);
  expect(msLeft('2001:db8:1:42ff::1')).toBe(600_000);
});

test('a wider ban and its place on the ladder survive a restart', async () => {
  const before = world();
  before.flood(16_000, within['/48']!);
  const after = world(before.clock, before.saved);
  await after.guard.refresh();
  expect(after.msLeft('2001:db8:1:7::7')).toBe(600_000);
  after.clock.advance(600_000);
  after.flood(16_000, within['/48']!);
  expect(after.msLeft('2001:db8:1:7::7')).toBe(1_800_000);
});

test('errors of a /64 that is banned count for nothing wider', () => {
  const { saved, guard, flood } = world();
  flood(1_000, within['/64']!);
  for (let i = 0; i < 20_000; i++) guard.countForAddress('2001:db8:1:2::1', 'ERROR_BAD_REQUEST');
  expect(saved).toHaveLength(1);
});

test('errors of a /48 spread over more than a minute ban nothing', () => {
  const { clock, saved, flood } = world();
  for (let minute = 0; minute < 4; minute++) {
    flood(15_999, within['/48']!);
    clock.advance(60_000);
  }
  expect(saved).toEqual([]);
});

test('a flood of more /64s than are watched still bans each /48 that it comes from', () => {
  const { saved, flood } = world();
  const networks = 8;
  const anywhere = () => `2001:db8:${next(3)}:${next(16).toString(16)}::${next(16).toString(16)}`;
  const through = flood(200_000, anywhere, 0.25);
  expect(saved.map(({ subject }) => subject).sort()).toEqual(
    Array.from({ length: networks }, (_, at) => `2001:db8:${at}::/48`),
  );
  expect(through).toBe(networks * 16_000);
});

test('one /64 that goes on after each short ban brings none on its neighbours', () => {
  const { saved, msLeft, flood } = world(new FakeClock(), [], { LEGIBLE_BAN_SECONDS: '10' });
  flood(60_000, within['/64']!, 3);
  expect(saved.length).toBeGreaterThan(3);
  expect([...new Set(saved.map(({ subject }) => subject))]).toEqual(['2001:db8:1:2::/64']);
  expect(msLeft('2001:db8:1:3::1')).toBe(0);
});
