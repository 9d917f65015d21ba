import { expect, it } from 'vitest';
import { settler } from '../../src/flow/settle.ts';
import type { Answer } from '../../src/flow/stages.ts';
import { createLog } from '../../src/log.ts';
import { StoreError } from '../../src/store/engine.ts';
import type { TaskRecord } from '../../src/store/records.ts';
import { FakeClock } from '../world.ts';

function settlerWith(settle: () => Promise<boolean>) {
  const clock = new FakeClock();
  const pauses: number[] = [];
  const hurry = new AbortController();
  const parts = settler({
    clock,
    hurry: hurry.signal,
    log: createLog({ logLevel: 'silent' }),
    store: {
      settle,
      release: async () => Promise.reject(new Error('away')),
      handBack: async () => false,
      poll: async () => ({ state: 'ready' }) as TaskRecord,
    },
    // What it throws here, and does not reject with, is not taken for the end of a pause.
    pause(ms) {
      if (pauses.push(ms) > 100) throw new Error('waits for ever');
      clock.advance(ms);
      return Promise.resolve();
    },
  });
  const held = { taskId: 'task-1', lease: 1, accountId: 'alice', deadline: clock.now() + 120_000 };
  return { ...parts, pauses, clock, hurry, answer: { held, solution: '{"text":"abc"}' } as Answer };
}

const away = () => Promise.reject(new StoreError('ECONNREFUSED', 'gone', { isAway: true }));

it('a database that is away for seconds is waited for, as the client does', async () => {
  let attempts = 0;
  const { settle, answer, pauses } = settlerWith(async () => (++attempts < 5 ? away() : true));
  await settle(answer);
  expect(pauses).toEqual([20, 200, 1_000, 3_000]);
});

it('one that stays away is waited for until the deadline, and no longer', async () => {
  const { settle, answer, pauses, clock } = settlerWith(away);
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_SETTLEMENT_FAILED' });
  expect(pauses.slice(0, 7)).toEqual([20, 200, 1_000, 3_000, 10_000, 10_000, 10_000]);
  const waited = clock.now() - (answer.held.deadline - 120_000);
  expect(waited).toBeGreaterThanOrEqual(120_000);
  expect(waited).toBeLessThan(130_000);
});

it('a charge that was written while its answer was lost is found although the database was away for a minute', async () => {
  let attempts = 0;
  const { settle, answer } = settlerWith(async () => (++attempts < 10 ? away() : false));
  await settle(answer);
  expect(attempts).toBe(10);
});

it.each(['57014', '55P03'])(
  'a charge whose commit takes long is found once it gives up the account, which until then answers %s',
  async (code) => {
    let attempts = 0;
    const lost = new StoreError('ERROR', 'Query read timeout', { isAway: true, isSent: true });
    const kept = new StoreError(code, 'canceling statement due to timeout');
    const { settle, answer, pauses } = settlerWith(async () => {
      if (++attempts > 6) return false;
      throw attempts === 1 ? lost : kept;
    });
    await settle(answer);
    expect(pauses).toEqual([20, 200, 1_000, 3_000, 10_000, 10_000]);
  },
);

it('a task that another has charged meanwhile is not answered here as well', async () => {
  const { settle, answer, pauses } = settlerWith(async () => false);
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_TASK_TIMEOUT' });
  expect(pauses).toEqual([]);
});

it('a server that stops waits no longer for one that is away', async () => {
  let attempts = 0;
  const { settle, answer, pauses, hurry } = settlerWith(() => {
    if (++attempts === 3) hurry.abort();
    return away();
  });
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_SETTLEMENT_FAILED' });
  expect(pauses).toEqual([20, 200]);
});

it('a database that refuses is asked three times and no more', async () => {
  const { settle, answer, pauses } = settlerWith(() => Promise.reject(new Error('disk full')));
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_SETTLEMENT_FAILED' });
  expect(pauses).toEqual([20, 40]);
});

it('an answer that comes at its deadline is not charged: the sweep may be giving the price back', async () => {
  const { settle, answer, clock } = settlerWith(() => expect.fail('charged'));
  clock.advance(120_000);
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_TASK_TIMEOUT' });
});

it('of a hold that the store could not even give back, nobody knows whether it was charged', async () => {
  const { release, isReady, answer } = settlerWith(away);
  expect(await release({ ...answer.held, requestId: undefined }, new Error())).toBe('unknown');
  expect(await isReady(answer.held)).toBe(true);
});

it('an answer to a task whose hold never reached the disk is withheld, and to be sent again later', async () => {
  const clock = new FakeClock();
  const { settle } = settler({
    clock,
    hurry: new AbortController().signal,
    log: createLog({ logLevel: 'fatal' }),
    store: {
      settle: async () => false,
      release: async () => false,
      handBack: async () => false,
      poll: async () => undefined,
    },
  });
  const held = { taskId: 'task-1', lease: 1, accountId: 'alice', deadline: clock.now() + 120_000 };
  const answer = { held, solution: '{"text":"abc"}' } as Answer;
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE' });
});
