import { expect, test } from 'vitest';
import { type Waiting, WorkQueue } from '../../src/recognize/queue.ts';

const image = (account: string, more: Partial<Waiting> = {}): Waiting => ({
  account,
  batchKey: 'text 144',
  deadline: 1,
  signal: new AbortController().signal,
  alone: true,
  bytes: 1,
  ...more,
});

const takeAll = (queue: WorkQueue<Waiting>) => {
  const taken: string[] = [];
  while (queue.length > 0) taken.push(...queue.take(1).map(({ account }) => account));
  return taken.join('');
};

test('an image does not wait behind all that another account has sent', () => {
  const queue = new WorkQueue<Waiting>(100);
  for (let i = 0; i < 6; i++) queue.add(image('a'), 0);
  queue.take(1);
  queue.take(1);
  queue.add(image('b'), 0);
  queue.add(image('b'), 0);
  queue.add(image('c'), 0);
  expect(takeAll(queue)).toBe('abcabaa');
});

test('who has taken back what it sent does not wait for it', () => {
  const queue = new WorkQueue<Waiting>(100);
  for (let i = 0; i < 3; i++) queue.add(image('b'), 0);
  for (let i = 0; i < 20; i++) queue.add(image('a'), 0);
  queue.remove(({ account }) => account === 'a');
  queue.add(image('a'), 0);
  expect(takeAll(queue)).toBe('babb');
});

test('an image that took five times as long as usual is five turns of its account', () => {
  const queue = new WorkQueue<Waiting>(100);
  for (let i = 0; i < 2; i++) queue.add(image('a'), 0);
  queue.take(1);
  queue.charge('a', 4);
  for (let i = 0; i < 8; i++) queue.add(image('b'), 0);
  queue.add(image('a'), 0);
  expect(takeAll(queue)).toBe('bbbbabbabb');
});

test('slow images that were sent at once get no more time than those that were sent one after another', () => {
  const queue = new WorkQueue<Waiting>(512);
  for (let i = 0; i < 200; i++) queue.add(image('slow'), 0);
  queue.take(1);
  for (let i = 0; i < 150; i++) queue.add(image('usual'), 0);
  queue.charge('slow', 99);
  const before = { slow: 0, usual: 0 };
  while (before.usual < 150) {
    const { account } = queue.take(1)[0]!;
    before[account as 'slow' | 'usual'] += 1;
    if (account === 'slow') queue.charge('slow', 99);
  }
  expect(before.slow).toBe(1);
});

test('images of an account keep their order however late they stand', () => {
  const queue = new WorkQueue<Waiting>(100);
  const own = Array.from({ length: 4 }, () => image('a'));
  for (const each of own.slice(0, 3)) queue.add(each, 0);
  queue.add(image('b'), 0);
  const taken = queue.take(1);
  queue.charge('a', 2.5);
  queue.add(own[3]!, 0);
  while (queue.length > 0) taken.push(...queue.take(1));
  expect(taken.filter(({ account }) => account === 'a')).toEqual(own);
});

test('what an image took is owed although another one is taken back', () => {
  const queue = new WorkQueue<Waiting>(100);
  for (let i = 0; i < 2; i++) queue.add(image('a'), 0);
  queue.take(1);
  for (let i = 0; i < 3; i++) queue.add(image('b'), 0);
  queue.charge('a', 4);
  queue.remove(({ account }) => account === 'a');
  queue.add(image('a'), 0);
  expect(takeAll(queue)).toBe('bbba');
});

test('an account that has waited for others gets no more than its turn afterwards', () => {
  const queue = new WorkQueue<Waiting>(100);
  queue.add(image('a'), 0);
  queue.take(1);
  for (let i = 0; i < 3; i++) queue.add(image('b'), 0);
  for (let i = 0; i < 3; i++) queue.add(image('a'), 0);
  expect(takeAll(queue)).toBe('bababa');
});

test('of one account the oldest is first, and its batch may hold what others sent', () => {
  const queue = new WorkQueue<Waiting>(100);
  const one = image('a', { alone: false });
  const other = image('a', { alone: false, batchKey: 'text 200' });
  const third = image('b', { alone: false });
  for (const each of [one, other, third]) queue.add(each, 0);
  expect(queue.take(8)).toEqual([one, third]);
  expect(queue.take(8)).toEqual([other]);
});

test('what an account owes more than a batch for rides in no batch of another', () => {
  const queue = new WorkQueue<Waiting>(100);
  const usual = (account: string) => image(account, { alone: false });
  for (const account of ['slow', 'b']) queue.add(usual(account), 0);
  queue.take(1);
  queue.charge('slow', 30);
  for (const account of ['slow', 'slow', 'c']) queue.add(usual(account), 0);
  const accounts = () => queue.take(8).map(({ account }) => account);
  expect(accounts()).toEqual(['b', 'c']);
  expect(accounts()).toEqual(['slow', 'slow']);
});

test.each([1, 2, 3, 5, 8, 40])('usual images fill their batches: those of %i accounts', (count) => {
  const queue = new WorkQueue<Waiting>(1_000);
  const accounts = Array.from({ length: count }, (_, i) => `account ${i}`);
  // Sent at once, and each account has something taken and sends again.
  for (const account of [...accounts, ...accounts])
    for (let i = 0; i < Math.ceil(80 / count); i++) queue.add(image(account, { alone: false }), 0);
  while (queue.length >= 8) {
    const batch = queue.take(8);
    expect(batch).toHaveLength(8);
    // A net that had to look again, at the picture of every fourth.
    for (const { account } of batch.filter((_, i) => i % 4 === 0)) queue.charge(account, 2);
  }
});

test.each([2, 4, 8])('usual images of many shapes fill their batches: those of %i accounts', (count) => {
  const queue = new WorkQueue<Waiting>(1_000);
  let sent = 0;
  const waiting = new Map<string, number>();
  const send = (account: string) => {
    const batchKey = `text ${(7 * (sent++) ** 2) % 13}`;
    waiting.set(batchKey, (waiting.get(batchKey) ?? 0) + 1);
    queue.add(image(account, { alone: false, batchKey }), 0);
  };
  for (let i = 0; i < 240; i++) send(`account ${i % count}`);
  for (let i = 0; i < 300; i++) {
    const batch = queue.take(8);
    const { batchKey } = batch[0]!;
    const there = waiting.get(batchKey)!;
    expect(batch).toHaveLength(Math.min(there, 8));
    waiting.set(batchKey, there - batch.length);
    for (const { account } of batch) send(account);
  }
});

test('images that are too large together are refused, a single one never', () => {
  const queue = new WorkQueue<Waiting>(100, 1_000);
  queue.add(image('a', { bytes: 2_000 }), 70);
  const fault = { code: 'ERROR_SERVICE_UNAVALIABLE', retryAfterMs: 70 };
  expect(() => queue.add(image('b'), 70)).toThrow(expect.objectContaining(fault));
  const [large] = queue.take(1);
  queue.add(image('b', { bytes: 600 }), 70);
  expect(() => queue.add(image('b', { bytes: 600 }), 70)).toThrow(expect.objectContaining(fault));
  queue.putBack([large!]);
  queue.remove(({ account }) => account === 'a');
  queue.remove(() => true);
  queue.add(image('b', { bytes: 600 }), 70);
  expect(queue.length).toBe(1);
});

test('what is put back takes its place again, by bytes as well', () => {
  const queue = new WorkQueue<Waiting>(100, 1_000);
  queue.add(image('a', { bytes: 900 }), 70);
  queue.putBack(queue.take(1));
  expect(() => queue.add(image('b', { bytes: 200 }), 70)).toThrow('too many images are waiting');
});

test('whoever has less waiting takes a place from the one who has most, and never an account its only one', () => {
  const queue = new WorkQueue<Waiting>(4);
  const many = Array.from({ length: 4 }, () => image('a'));
  for (const each of many) expect(queue.add(each, 70)).toEqual([]);
  expect(queue.add(image('b'), 70)).toEqual([many[3]]);
  expect(() => queue.add(image('a'), 70)).toThrow('too many images are waiting');
  expect(queue.add(image('c'), 70)).toEqual([many[2]]);
  expect(() => queue.add(image('b'), 70)).toThrow('too many images are waiting');
  expect(takeAll(queue)).toBe('abca');
});

test('by bytes as well, as many images as it takes', () => {
  const queue = new WorkQueue<Waiting>(100, 1_000);
  const many = Array.from({ length: 9 }, () => image('a', { bytes: 100 }));
  for (const each of many) queue.add(each, 70);
  expect(queue.add(image('b', { bytes: 300 }), 70)).toEqual([many[8], many[7]]);
  expect(() => queue.add(image('c', { bytes: 700 }), 70)).toThrow('too many images are waiting');
  expect(queue.length).toBe(8);
});

test('for a large image a large one goes where there is one, and not hundreds of small ones that came later', () => {
  const queue = new WorkQueue<Waiting>(500, 1_000);
  const large = [image('a', { bytes: 300 }), image('a', { bytes: 300 })];
  const small = Array.from({ length: 300 }, () => image('a'));
  for (const each of [...large, ...small]) queue.add(each, 70);
  expect(queue.add(image('b', { bytes: 300 }), 70)).toEqual([large[1]]);
  expect(queue.length).toBe(302);
});
