import { expect, it } from 'vitest';
import { dayMs, hold, noon, onEachEngine, openAccount, released, settled } from './engines.ts';

onEachEngine('what a client says of an answer', (makeBooks) => {
  it('is kept for 90 days, longer than the answer itself', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000_000);
    const expiresAt = noon + 200 * dayMs;
    for (const taskId of ['early', 'late']) {
      await store.reserve(hold({ taskId, expiresAt }));
      await store.settle(settled(taskId));
    }
    const say = (taskId: string, now: number) =>
      store.saveFeedback({ taskId, accountId: 'alice', invalid: true, code: null, message: null, now });
    expect(await say('early', noon)).toBe(true);
    expect(await say('late', noon + 1)).toBe(true);
    const kept = async (now: number) => {
      await store.sweep(now);
      return (await store.listFeedback({ limit: 10, wrong: false })).map(({ taskId }) => taskId);
    };
    expect(await kept(noon + 90 * dayMs - 1)).toEqual(['late', 'early']);
    expect(await kept(noon + 90 * dayMs)).toEqual(['late']);
  });

  it('is not kept while there is none, nor where there will never be one', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000_000);
    await store.reserve(hold());
    const say = () =>
      store.saveFeedback({
        taskId: 'task-1',
        accountId: 'alice',
        invalid: true,
        code: null,
        message: null,
        now: noon,
      });
    expect(await say()).toBe(false);
    await store.release(released());
    expect(await say()).toBe(false);
    expect(await store.listFeedback({ limit: 10, wrong: false })).toEqual([]);
  });

  it('still tells what it is about when the task is forgotten', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000_000);
    await store.reserve(hold());
    await store.settle(settled());
    const report = { accountId: 'alice', invalid: true, code: null, message: null, now: noon };
    await store.saveFeedback({ ...report, taskId: 'task-1' });
    await store.sweep(noon + dayMs);
    expect(await store.saveFeedback({ ...report, taskId: 'task-1', now: noon + dayMs })).toBe(false);
    const about = { taskId: 'task-1', type: 'ImageToTextTask', module: 'common' };
    expect(await store.listFeedback({ limit: 10, wrong: true })).toMatchObject([about]);
  });
});
