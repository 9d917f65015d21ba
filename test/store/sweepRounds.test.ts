import { expect, it } from 'vitest';
import type { Engine } from '../../src/store/engine.ts';
import { sweepShared } from '../../src/store/sweeps.ts';
import { noon } from './hold.ts';

const nothing = { timedOut: 0, forgotten: 0, more: false };

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
