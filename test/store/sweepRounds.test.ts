import { expect, it } from 'vitest';
import type { Engine } from '../../src/store/engine.ts';
import { sweepOwn, sweepShared } from '../../src/store/sweeps.ts';
import { noon } from './hold.ts';

const nothing = { timedOut: 0, forgotten: 0, more: false };
const rest = { timedOut: 10, forgotten: 200, more: true };

type Answers = Record<string, (books: { time: number }) => unknown>;

/** Accounts that had to be passed over, and nothing to do at them. */
const passedOver: Answers = {
  repair: () => 0,
  orphanAccounts: () => ['alice', 'bob'],
  repairOf: () => 0,
  sweep: () => nothing,
  lateAccounts: () => ['alice', 'bob'],
  endOverdueOf: () => 0,
};

/** Books that answer so, whose clock shows `time`, and what was called. */
function booksThat(answers: Answers) {
  const books = { time: 0, calls: [] as string[] };
  const call = (async (name: string) => {
    books.calls.push(name);
    return name === 'beat' ? books.time : { ...passedOver, ...answers }[name]!(books);
  }) as unknown as Engine['call'];
  return { engine: { call }, books };
}

/** Of servers that share a database, once it is known who is alive. */
async function steadySweep(answers: Answers) {
  const { engine, books } = booksThat(answers);
  const { repair, sweep } = sweepShared(engine, 'me');
  for (; books.time < 10_000; books.time += 5_000) await repair(noon);
  const count = (called: string) => books.calls.filter((name) => name === called).length;
  return { sweep, count };
}

/** In the second round of what is repaired without end. */
function clockSetBack() {
  let rounds = 0;
  return (books: { time: number }) => {
    if (++rounds === 2) books.time -= 3_600_000;
    return 10;
  };
}

it.each([
  ['repair', 10, 100, nothing],
  ['repairOf', 10, 40, nothing],
  ['sweep', rest, 100, { timedOut: 1_000, forgotten: 20_000 }],
  ['endOverdueOf', 10, 40, { timedOut: 400, forgotten: 0 }],
] as const)(
  'a sweep ends though %s finds ever more, and tells so: the next has a later now',
  async (name, answer, rounds, swept) => {
    const { sweep, count } = await steadySweep({ [name]: () => answer });
    expect(await sweep(noon)).toEqual({ ...swept, more: true });
    expect(count(name)).toBe(rounds);
  },
);

it('so does one of a server that is alone', async () => {
  const { engine, books } = booksThat({ sweep: () => rest });
  const { sweep } = sweepOwn(engine, 'me');
  expect(await sweep(noon)).toEqual({ timedOut: 1_000, forgotten: 20_000, more: true });
  expect(books.calls).toEqual(Array(100).fill('sweep'));
});

it('a sweep tells of nothing more where accounts are stuck: one that came again at once would never rest', async () => {
  const stuck = () => {
    throw new Error('lock timeout');
  };
  const { sweep, count } = await steadySweep({ repairOf: stuck, endOverdueOf: stuck });
  expect((await sweep(noon)).more).toBeFalsy();
  expect([count('repairOf'), count('endOverdueOf')]).toEqual([2, 2]);
});

it("repair ends once the database's clock is set back: nobody's last beat tells any more that it is alive", async () => {
  const { sweep, count } = await steadySweep({ repair: clockSetBack() });
  await sweep(noon);
  expect([count('repair'), count('orphanAccounts')]).toEqual([2, 0]);
});

it('so does that of accounts which are waited for', async () => {
  const { sweep, count } = await steadySweep({ repairOf: clockSetBack() });
  await sweep(noon);
  expect(count('repairOf')).toBe(2);
});
