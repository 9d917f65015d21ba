import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { afterEachTest, hold, onEachEngine, openAccount, postgresBooks } from './engines.ts';

onEachEngine('the number of a task', (makeBooks) => {
  it('is told beside its hold, grows with each task, and leads back to it', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    const numbers: number[] = [];
    for (const taskId of ['b', 'a', 'c']) {
      const [outcome, number] = await Promise.all([
        store.reserveEarly(hold({ taskId })),
        store.numberOfTaskEarly({ taskId, accountId: 'alice' }),
      ]);
      expect([outcome, number]).toEqual(['held', expect.any(Number)]);
      numbers.push(number!);
    }
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(3);
    expect(await store.taskOfNumber({ number: numbers[1]!, accountId: 'alice' })).toBe('a');
  });

  it('says nothing to another account, and nothing of a task that was refused', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await openAccount(store, 0, 'bob');
    await store.reserve(hold({ taskId: 'a' }));
    const number = (await store.numberOfTask({ taskId: 'a', accountId: 'alice' }))!;
    expect(await store.taskOfNumber({ number, accountId: 'bob' })).toBeUndefined();
    expect(await store.numberOfTask({ taskId: 'a', accountId: 'bob' })).toBeUndefined();
    expect(await store.taskOfNumber({ number: number + 1, accountId: 'alice' })).toBeUndefined();
    const [outcome, none] = await Promise.all([
      store.reserveEarly(hold({ taskId: 'dear', price: 5_000 })),
      store.numberOfTaskEarly({ taskId: 'dear', accountId: 'alice' }),
    ]);
    expect([outcome, none]).toEqual(['zeroBalance', undefined]);
  });
});

const cleanups = afterEachTest();

it.each([
  ['0', 1_000_002],
  ['7000000', 7_000_001],
])(
  'a restored dump goes on after the old database, whose last number was %s, or a million later',
  async (last, next) => {
    const operations = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
    const [line] = /select setval\(.*\)(?=")/.exec(operations)!;
    const books = await postgresBooks(cleanups);
    const store = await books.open();
    await openAccount(store, 10_000);
    // Nothing has been given out yet: the line takes the first number.
    await books.sql(line.replace(/\$\{last:-0\}/, last));
    await store.reserve(hold({ taskId: 'next' }));
    expect(await store.numberOfTask({ taskId: 'next', accountId: 'alice' })).toBe(next);
  },
);
