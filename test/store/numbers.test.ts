import { expect, it } from 'vitest';
import { hold, onEachEngine, openAccount } from './engines.ts';

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
