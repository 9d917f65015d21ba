import { expect, test } from 'vitest';
import { RecentMap } from '../src/recentMap.ts';

test('it holds no more than it may, and never forgets the half that was used last', () => {
  const map = new RecentMap<string, number>(4);
  for (let at = 0; at < 100; at++) {
    map.set(`key ${at}`, at);
    expect(map.size).toBeLessThanOrEqual(4);
    if (at > 0) expect(map.get(`key ${at - 1}`)).toBe(at - 1);
  }
  expect(map.get('key 95')).toBeUndefined();
});

test('what is used again and again outlasts a flood', () => {
  const map = new RecentMap<string, number>(4);
  map.set('hot', 7);
  for (let at = 0; at < 100; at++) {
    map.set(`key ${at}`, at);
    expect(map.get('hot')).toBe(7);
  }
});

test('a new value takes the place of an old one, and what was deleted is gone', () => {
  const map = new RecentMap<string, number>(4);
  map.set('a', 1);
  for (const key of ['b', 'c']) map.set(key, 0);
  map.set('a', 2);
  expect([map.get('a'), map.size]).toEqual([2, 3]);
  map.delete('a');
  map.delete('b');
  expect([map.get('a'), map.get('b'), map.size]).toEqual([undefined, undefined, 1]);
  expect(map.getOrMake('a', () => 3)).toBe(3);
});
