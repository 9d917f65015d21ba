import { expect, it } from 'vitest';
import type { Idempotency, ReserveOutcome } from '../../src/store/records.ts';
import {
  dayMs,
  hold,
  noon,
  onEachEngine,
  openAccount,
  released,
  settled,
  type TestStore,
} from './engines.ts';

const named = (name: string, over: Partial<Idempotency> = {}): Idempotency => ({
  name,
  fingerprint: 'of the body',
  expiresAt: noon + dayMs,
  ...over,
});

const ask = (store: TestStore, taskId: string, idempotency: Idempotency, over = {}) =>
  store.reserve(hold({ taskId, idempotency, ...over }));

/** `RACES=10000 npx vitest run test/store/idempotency.test.ts`: 4 s with SQLite, 40 s with PostgreSQL. */
const races = Number(process.env.RACES ?? 1_000);

onEachEngine('a request that has a name', (makeBooks) => {
  async function opened(money = 1_000_000) {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, money);
    return { books, store };
  }

  it('makes one task and one hold, however often it is sent', async () => {
    const { store } = await opened();
    expect(await ask(store, 'a', named('n'))).toBe('held');
    const number = await store.numberOfTask({ taskId: 'a', accountId: 'alice' });
    for (const again of ['b', 'c'])
      expect(await ask(store, again, named('n'))).toEqual({
        taskId: 'a',
        number,
        price: 400,
        solution: null,
      });
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000_000, pending: 400 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is answered with the solution for as long as its name is kept, also with no money left', async () => {
    const { books, store } = await opened(400);
    await ask(store, 'a', named('n'));
    await store.settle(settled('a'));
    await store.sweep(noon + dayMs - 1);
    expect(await store.poll({ taskId: 'a', accountId: 'alice', now: noon, maxPolls: 9 })).toBeUndefined();
    await store.close();

    const next = await books.open();
    const late = { now: noon + dayMs - 1 };
    expect(await ask(next, 'b', named('n'), late)).toMatchObject({ taskId: 'a', solution: '{"text":"abc"}' });
    expect(await next.readAccount('alice')).toMatchObject({ posted: 0, pending: 0 });
  });

  it('is a new one when its name has been forgotten, swept away or not', async () => {
    const { books, store } = await opened();
    for (const name of ['m', 'n']) await ask(store, `a${name}`, named(name));
    const late = { now: noon + dayMs };
    expect(await ask(store, 'bm', named('m', { expiresAt: noon + 2 * dayMs }), late)).toBe('held');
    await store.sweep(noon + dayMs);
    expect(await books.sql('select name, task_id from idempotency')).toEqual([{ name: 'm', task_id: 'bm' }]);
    expect(await ask(store, 'bn', named('n'), late)).toBe('held');
  });

  it('is found by its name alone, and holds nothing', async () => {
    const { store } = await opened();
    const recall = (idempotency: Idempotency, now = noon) =>
      store.recall({ keyId: 'key-alice', idempotency, now });
    expect(await recall(named('n'))).toBeUndefined();
    await ask(store, 'a', named('n'));
    expect(await recall(named('n'))).toMatchObject({ taskId: 'a', price: 400, solution: null });
    await store.settle(settled('a'));
    expect(await recall(named('n'))).toMatchObject({ taskId: 'a', solution: '{"text":"abc"}' });
    expect(await recall(named('n', { fingerprint: 'of another' }))).toBe('otherBody');
    expect(await recall(named('m'))).toBeUndefined();
    expect(await recall(named('n'), noon + dayMs)).toBeUndefined();
    expect(await store.readAccount('alice')).toMatchObject({ pending: 0 });
  });

  it('is refused when it asks for something else, and makes nothing', async () => {
    const { store } = await opened();
    await ask(store, 'a', named('n'));
    expect(await ask(store, 'b', named('n', { fingerprint: 'of another' }))).toBe('otherBody');
    expect(await store.readAccount('alice')).toMatchObject({ pending: 400 });
  });

  it('does not meet the same name of another key', async () => {
    const { store } = await opened();
    await openAccount(store, 1_000, 'bob');
    await ask(store, 'a', named('n'));
    expect(await ask(store, 'b', named('n'), { accountId: 'bob', keyId: 'key-bob' })).toBe('held');
  });

  it('is tried anew after its task has failed, was timed out, or could not be paid', async () => {
    const { store } = await opened(700);
    await ask(store, 'a', named('n'));
    expect(await ask(store, 'x', named('m'))).toBe('zeroBalance');
    await store.release(released('a'));
    expect(await ask(store, 'y', named('m'))).toBe('held');
    await store.sweep(noon + 120_000);
    expect(await ask(store, 'b', named('n'))).toBe('held');
    // What ended late does not take the name from who has it now.
    expect(await store.release(released('a'))).toBe(false);
    expect(await ask(store, 'c', named('n'))).toMatchObject({ taskId: 'b' });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is tried anew where its server died while at work', async () => {
    const { books, store } = await opened();
    await ask(store, 'a', named('n'));
    await store.close();
    const next = await books.open();
    await next.repair(noon + 1);
    // With PostgreSQL other servers may live: the sweep that finds the dead one is theirs.
    await next.sweep(noon + 120_000);
    expect(await ask(next, 'b', named('n'), { now: noon + 120_001 })).toBe('held');
    await next.settle(settled('b', { now: noon + 120_002 }));
    expect(await next.readAccount('alice')).toMatchObject({ posted: 1_000_000 - 400, pending: 0 });
  });

  it('makes one task and one charge in each race of two retries, at one process and at two', async () => {
    const { books, store } = await opened(races * 400);
    const stores = [store, await books.open()] as const;
    const taskOf = (outcome: ReserveOutcome) => (typeof outcome === 'object' ? outcome.taskId : undefined);
    for (let first = 0; first < races; first += 500) {
      const pairs = Array.from({ length: 500 }, (_, index) => first + index);
      await Promise.all(
        pairs.map(async (pair) => {
          // Every third pair comes at two processes, the others at one.
          const sides = [stores[0], stores[pair % 3 === 0 ? 1 : 0]] as const;
          const ids = [`${pair}-a`, `${pair}-b`] as const;
          const outcomes = await Promise.all(sides.map((side, at) => ask(side, ids[at]!, named(`${pair}`))));
          const winner = outcomes.indexOf('held');
          expect(taskOf(outcomes[1 - winner]!)).toBe(ids[winner]);
          expect(await sides[winner]!.settle(settled(ids[winner]!))).toBe(true);
        }),
      );
    }
    expect(await store.readAccount('alice')).toMatchObject({ posted: 0, pending: 0 });
    const [{ tasks } = {}] = await books.sql('select count(*) as tasks from task');
    const [{ charges } = {}] = await books.sql(`select count(*) as charges from entry where kind = 'settle'`);
    expect([Number(tasks), Number(charges)]).toEqual([races, races]);
    expect(await store.audit(noon)).toEqual([]);
  }, 300_000);
});
