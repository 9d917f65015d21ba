import { expect, it } from 'vitest';
import type { Engine } from '../../src/store/engine.ts';
import { latestEntries } from '../../src/store/latestEntries.ts';
import { noon, onEachEngine, openAccount } from './engines.ts';

onEachEngine('the latest entries of an account', (makeBooks) => {
  it('are found some lines at a time, newest first, and no further back than they reach', async () => {
    const books = await makeBooks();
    const store = await books.open();
    for (const id of ['alice', 'bob']) await openAccount(store, 0, id);
    for (const [i, accountId] of ['alice', 'alice', 'bob', 'alice', 'bob', 'bob', 'bob', 'bob'].entries())
      await store.topUp({ accountId, amount: i + 1, note: '', now: noon });
    const engine = await books.openEngine();
    const looks: unknown[] = [];
    const look = ((name: 'listEntries', ...args: [string, number, { since: number; upTo: number }]) => {
      if (name === 'listEntries') looks.push(args[2].upTo - args[2].since);
      return engine.look(name, ...args);
    }) as Engine['look'];
    const amounts = async (limit: number) =>
      (await latestEntries({ look }, 'alice', limit, 2)).map(({ amount }) => amount);

    expect(await amounts(2)).toEqual([4, 2]);
    expect(looks.splice(0)).toEqual([2, 2, 2, 2]);
    expect(await amounts(1)).toEqual([4]);
    expect(looks.splice(0)).toEqual([2, 2, 2]);
    expect(await amounts(9)).toEqual([4, 2, 1]);
    expect(await latestEntries({ look }, 'nobody', 9, 3)).toEqual([]);
    expect(await store.listEntries('alice', 9)).toHaveLength(3);
  });
});
