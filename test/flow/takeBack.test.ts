import { expect, it } from 'vitest';
import { takerBack } from '../../src/flow/takeBack.ts';
import { createLog } from '../../src/log.ts';
import { StoreError } from '../../src/store/engine.ts';
import type { NewHold } from '../../src/store/records.ts';
import { FakeClock } from '../world.ts';

/** How long is waited before each attempt to give a hold back, and what is logged of it. */
async function pausesOf(
  release: (attempt: number, accountId: string | undefined) => Promise<boolean>,
  clock = new FakeClock(),
) {
  const pauses: number[] = [];
  const lines: string[] = [];
  const takeBack = takerBack({
    config: { taskSeconds: 120 },
    clock,
    log: createLog({ logLevel: 'info' }, { write: (line) => lines.push(line) }),
    store: { release: ({ accountId }) => release(pauses.length, accountId), poll: async () => undefined },
    async pause(ms) {
      pauses.push(ms);
      clock.advance(ms);
    },
  });
  const hold = { taskId: 'task-1', accountId: 'alice', deadline: clock.now() + 120_000 };
  await takeBack(hold as NewHold, 'request-1');
  return { pauses, logged: lines.join('') };
}

const usual = [0, 50, 500, 2_000, 5_000];
const away = () => Promise.reject(new Error('away'));

it('a hold that was never written is looked for some seconds, and no longer', async () => {
  expect(await pausesOf(async () => false)).toEqual({ pauses: usual, logged: '' });
});

it('one that appears late is given back, and that is the end of it', async () => {
  expect((await pausesOf(async (attempt) => attempt === 3)).pauses).toEqual(usual.slice(0, 3));
});

it('a database that is away is asked again until the deadline of the task, and that is then told', async () => {
  const { pauses, logged } = await pausesOf(away);
  expect(pauses).toEqual([...usual, ...new Array(24).fill(5_000)]);
  expect(logged).toContain('a hold stays in doubt');
});

it('one that comes back after the usual time is asked once more, which settles it', async () => {
  const back = (attempt: number) => (attempt < 8 ? away() : Promise.resolve(false));
  expect(await pausesOf(back)).toEqual({ pauses: [...usual, 5_000, 5_000, 5_000], logged: '' });
});

/** A database in which the account is kept for so long, by a commit or by somebody. */
function keptFor(ms: number, clock: FakeClock) {
  const until = clock.now() + ms;
  return async (_attempt: number, accountId: string | undefined) => {
    expect(accountId).toBe('alice');
    if (clock.now() >= until) return true;
    clock.advance(1_000);
    throw new StoreError('57014', 'canceling statement due to statement timeout');
  };
}

it('one whose commit takes long is waited for without a pause, so that no worker charges it first', async () => {
  const clock = new FakeClock();
  expect(await pausesOf(keptFor(10_000, clock), clock)).toEqual({ pauses: [0], logged: '' });
});

it('but not beyond the deadline of the task, where somebody keeps the account', async () => {
  const clock = new FakeClock();
  const { pauses, logged } = await pausesOf(keptFor(3_600_000, clock), clock);
  expect(pauses).toEqual([...usual, ...new Array(24).fill(5_000)]);
  expect(logged).toContain('a hold stays in doubt');
});
