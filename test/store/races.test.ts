import { expect, it } from 'vitest';
import {
  dayMs,
  hold,
  newKey,
  newPackage,
  noon,
  onEachEngine,
  openAccount,
  released,
  settled,
  type TestStore,
} from './engines.ts';

const count = <T>(values: T[], wanted: T) => values.filter((value) => value === wanted).length;
const ids = (n: number) => Array.from({ length: n }, (_, index) => `task-${index}`);

onEachEngine('a race', (makeBooks) => {
  it('of 1,000 for the last cent is won by one', async () => {
    const books = await makeBooks();
    // Two processes, so that the winner is found by the database and not by the order of one queue.
    const stores = [await books.open(), await books.open()] as [TestStore, TestStore];
    await openAccount(stores[0], 10_000);

    const outcomes = await Promise.all(
      ids(1_000).map((taskId, index) => stores[index % 2]!.reserve(hold({ taskId, price: 10_000 }))),
    );

    expect(count(outcomes, 'held')).toBe(1);
    expect(count(outcomes, 'zeroBalance')).toBe(999);
    expect(await stores[0].readAccount('alice')).toMatchObject({ posted: 10_000, pending: 10_000 });
    expect(await stores[0].audit(noon)).toEqual([]);
  });

  it('for the last calls of a package is won by as many as there are calls', async () => {
    const books = await makeBooks();
    const stores = [await books.open(), await books.open()] as [TestStore, TestStore];
    await openAccount(stores[0], 0);
    await stores[0].createPackage(
      newPackage({ calls: 3 }),
      newKey({ id: 'p', hash: 'p', packageId: 'plan' }),
    );

    const outcomes = await Promise.all(
      ids(100).map((taskId, index) =>
        stores[index % 2]!.reserve(hold({ taskId, keyId: 'p', packageId: 'plan', price: 0 })),
      ),
    );

    expect(count(outcomes, 'held')).toBe(3);
    expect(count(outcomes, 'noCallsLeft')).toBe(97);
    expect(await stores[0].listPackages('alice', noon)).toMatchObject([{ callsLeft: 0 }]);
    expect(await stores[0].audit(noon)).toEqual([]);
  });

  it("for what is left of a key's daily cap is won by as many as the cap bears", async () => {
    const books = await makeBooks();
    const stores = [await books.open(), await books.open()] as [TestStore, TestStore];
    await openAccount(stores[0], 1_000_000);

    const outcomes = await Promise.all(
      ids(100).map((taskId, index) => stores[index % 2]!.reserve(hold({ taskId, dailyCap: 2_100 }))),
    );

    expect(count(outcomes, 'held')).toBe(5);
    expect(count(outcomes, 'dailyCapReached')).toBe(95);
    expect(await stores[0].readAccount('alice')).toMatchObject({ pending: 2_000 });
    expect(await stores[0].audit(noon)).toEqual([]);
  });

  it('between settling, releasing and the sweep is won by one of them, for every task', async () => {
    const books = await makeBooks();
    const stores = [await books.open(), await books.open()] as [TestStore, TestStore];
    await openAccount(stores[0], 1_000_000);
    const tasks = ids(60);
    await Promise.all(tasks.map((taskId) => stores[0].reserve(hold({ taskId }))));

    const ends = await Promise.all([
      ...tasks.map((taskId) => stores[0].settle(settled(taskId, { now: noon + 119_999 }))),
      ...tasks.map((taskId) => stores[1].release(released(taskId))),
      stores[1].sweep(noon + 120_000).then(({ timedOut }) => timedOut),
      stores[0].sweep(noon + 120_000).then(({ timedOut }) => timedOut),
    ]);

    const swept = ends.filter((end) => typeof end === 'number').reduce((sum, n) => sum + n, 0);
    const charged = count(ends.slice(0, 60), true);
    expect(count(ends, true) + swept).toBe(60);
    expect(await stores[0].readAccount('alice')).toMatchObject({
      posted: 1_000_000 - 400 * charged,
      pending: 0,
    });
    expect(await stores[0].audit(noon)).toEqual([]);
  });

  it('of two processes over many accounts in opposite orders ends without a deadlock', async () => {
    const books = await makeBooks();
    const stores = [await books.open(), await books.open()] as [TestStore, TestStore];
    const accounts = Array.from({ length: 8 }, (_, index) => `account-${index}`);
    for (const account of accounts) await openAccount(stores[0], 1_000_000, account);
    const hundred = Array.from({ length: 100 }, (_, index) => index);
    const reserveOn = (side: 0 | 1, index: number) => {
      const account = accounts[(side === 0 ? index : 799 - index) % 8]!;
      const taskId = `${side}-${index}`;
      return stores[side].reserve(hold({ taskId, accountId: account, keyId: `key-${account}` }));
    };

    const outcomes = await Promise.all([
      ...hundred.map((index) => reserveOn(0, index)),
      ...hundred.map((index) => reserveOn(1, index)),
    ]);

    expect(count(outcomes, 'held')).toBe(200);
    expect(await stores[0].audit(noon)).toEqual([]);
  });
});

onEachEngine('a daily cap', (makeBooks) => {
  it('counts what is held and charged, forgets what is released, and starts anew at midnight UTC', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000_000);
    const reserve = (taskId: string, now = noon) => store.reserve(hold({ taskId, now, dailyCap: 800 }));

    expect(await reserve('a')).toBe('held');
    expect(await reserve('b')).toBe('held');
    expect(await reserve('c')).toBe('dailyCapReached');
    await store.settle(settled('a'));
    expect(await reserve('d')).toBe('dailyCapReached');
    await store.release(released('b'));
    expect(await reserve('e')).toBe('held');

    const midnight = noon + dayMs / 2;
    expect(await reserve('f', midnight - 1)).toBe('dailyCapReached');
    expect(await reserve('g', midnight)).toBe('held');
    // Yesterday's hold takes nothing off what is spent today.
    await store.release(released('e', { now: midnight + 1 }));
    expect(await reserve('h', midnight)).toBe('held');
    expect(await reserve('i', midnight)).toBe('dailyCapReached');
  });

  it('is not given a second time by a clock that goes back over midnight', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000_000);
    const reserve = (taskId: string, now: number) => store.reserve(hold({ taskId, now, dailyCap: 800 }));
    expect(await reserve('a', noon + dayMs)).toBe('held');
    expect(await reserve('b', noon)).toBe('held');
    expect(await reserve('c', noon)).toBe('dailyCapReached');
    expect(await reserve('d', noon + dayMs)).toBe('dailyCapReached');
    await store.release(released('b'));
    expect(await reserve('e', noon + dayMs)).toBe('held');
  });

  it('does not last for as long as a clock was wrong by', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000_000);
    const reserve = (taskId: string, now: number) => store.reserve(hold({ taskId, now, dailyCap: 800 }));
    expect(await reserve('a', noon)).toBe('held');
    expect(await reserve('b', noon)).toBe('held');
    expect(await reserve('c', noon + 1_000 * dayMs)).toBe('held');
    expect(await reserve('d', noon)).toBe('held');
    // What was held before the clock went wrong can still be given back.
    await store.release(released('a'));
    await store.release(released('b'));
    expect(await reserve('e', noon)).toBe('held');
    expect(await reserve('f', noon + dayMs)).toBe('held');
    expect(await store.audit(noon)).toEqual([]);
  });

  it('counts also what was spent before the key had one, and nothing of a task that the balance refused', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 900);
    expect(await store.reserve(hold({ taskId: 'a', price: 700, dailyCap: null }))).toBe('held');
    expect(await store.reserve(hold({ taskId: 'b', price: 300, dailyCap: 1_000 }))).toBe('zeroBalance');
    expect(await store.reserve(hold({ taskId: 'c', price: 200, dailyCap: 899 }))).toBe('dailyCapReached');
    expect(await store.reserve(hold({ taskId: 'd', price: 200, dailyCap: 900 }))).toBe('held');
  });
});
