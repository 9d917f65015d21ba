import { expect, it } from 'vitest';
import { hold, newKey, newPackage, noon, onEachEngine, openAccount, released, settled } from './engines.ts';

onEachEngine('a deadline', (makeBooks) => {
  it('makes a task that is not done by then fail and cost nothing', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.createPackage(newPackage(), newKey({ id: 'p', hash: 'p', packageId: 'plan' }));
    await store.reserve(hold());
    await store.reserve(hold({ taskId: 'task-2', state: 'queued', payload: '{}' }));
    await store.reserve(hold({ taskId: 'task-3', keyId: 'p', packageId: 'plan', price: 0 }));

    expect(await store.sweep(noon + 119_999)).toEqual({ timedOut: 0, forgotten: 0 });
    expect(await store.readAccount('alice')).toMatchObject({ pending: 800 });
    expect(await store.sweep(noon + 120_000)).toEqual({ timedOut: 3, forgotten: 0 });

    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
    expect(await store.listPackages('alice', noon)).toMatchObject([{ callsLeft: 10 }]);
    const record = await store.poll({ taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 1 });
    expect(record).toMatchObject({ state: 'failed', errorCode: 'ERROR_TASK_TIMEOUT' });
    expect(await store.audit(noon + 120_000)).toEqual([]);
  });

  it('is judged by the settling write itself: a late answer is not charged, swept or not', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    expect(await store.settle(settled('task-1', { now: noon + 120_000 }))).toBe(false);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 400 });
    await store.sweep(noon + 120_000);
    expect(await store.settle(settled('task-1', { now: noon + 119_000 }))).toBe(false);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
  });

  it('makes of 2,000 answers around it either charged results or free time-outs', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000_000);
    const tasks = Array.from({ length: 2_000 }, (_, index) => `task-${index}`);
    await Promise.all(tasks.map((taskId) => store.reserve(hold({ taskId, price: 1 }))));

    // The first are in time and the last never answer, whoever wins the races between them.
    const inTime = tasks.slice(0, 50).map((taskId) => store.settle(settled(taskId, { now: noon + 119_999 })));
    expect((await Promise.all(inTime)).every(Boolean)).toBe(true);
    const sweeps: Promise<{ timedOut: number }>[] = [];
    const answers = tasks.slice(50, 1_950).map((taskId, index) => {
      // From 5 ms before to 5 ms after, a sweep between every hundred.
      const now = noon + 120_000 - 5 + (index % 11);
      if (index % 100 === 0) sweeps.push(store.sweep(now));
      return store.settle(settled(taskId, { now }));
    });
    const ready = 50 + (await Promise.all(answers)).filter(Boolean).length;
    let timedOut = (await store.sweep(noon + 120_005)).timedOut;
    for (const sweep of sweeps) timedOut += (await sweep).timedOut;
    // One sweep ends so many only; the next begins at once.
    for (let isMore = true; isMore; ) {
      const swept = await store.sweep(noon + 120_005);
      timedOut += swept.timedOut;
      isMore = swept.more === true;
    }

    expect(timedOut).toBeGreaterThanOrEqual(50);
    expect(ready + timedOut).toBe(2_000);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 10_000_000 - ready, pending: 0 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('found overdue by more than 30 s is a violation that the gauges count', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    expect(await store.gauges(noon + 150_000)).toMatchObject({
      openTasks: 1,
      overdueTasks: 0,
      reserved: 400,
    });
    expect(await store.audit(noon + 150_000)).toEqual([]);
    expect(await store.gauges(noon + 150_001)).toMatchObject({ openTasks: 1, overdueTasks: 1 });
    expect(await store.audit(noon + 150_001)).toMatchObject([{ invariant: 'I6' }]);
    await store.sweep(noon + 150_001);
    expect(await store.gauges(noon + 150_001)).toMatchObject({ openTasks: 0, overdueTasks: 0, reserved: 0 });
  });
});

onEachEngine('a result', (makeBooks) => {
  const query = (over = {}) => ({ taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 3, ...over });

  it('can be asked for by its own account, as often as polls are allowed', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await openAccount(store, 1_000, 'bob');
    await store.reserve(hold());

    expect(await store.poll(query())).toMatchObject({ state: 'running', polls: 1, price: 400 });
    await store.settle(settled());
    expect(await store.poll(query())).toMatchObject({ state: 'ready', solution: '{"text":"abc"}', polls: 2 });
    expect(await store.poll(query({ accountId: 'bob' }))).toBeUndefined();
    expect(await store.poll(query({ taskId: 'unknown' }))).toBeUndefined();
    expect(await store.poll(query())).toMatchObject({ polls: 3 });
    expect(await store.poll(query())).toBeUndefined();
  });

  it('is counted once for each of many polls at the same time', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    const polls = await Promise.all(Array.from({ length: 200 }, () => store.poll(query({ maxPolls: 120 }))));
    expect(polls.filter((record) => record !== undefined)).toHaveLength(120);
  });

  it('is gone at the end of its retention, swept or not, while the ledger stays', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    await store.settle(settled());

    expect(await store.poll(query({ now: noon + 299_999 }))).toBeDefined();
    expect(await store.poll(query({ now: noon + 300_000 }))).toBeUndefined();
    expect(await store.sweep(noon + 299_999)).toEqual({ timedOut: 0, forgotten: 0 });
    expect(await store.sweep(noon + 300_000)).toEqual({ timedOut: 0, forgotten: 1 });
    expect(await books.sql('select * from task')).toEqual([]);
    expect(await store.listEntries('alice', 10)).toHaveLength(3);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is not forgotten before its task has ended, however short it is kept', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold({ expiresAt: noon + 10_000 }));
    expect(await store.sweep(noon + 10_000)).toEqual({ timedOut: 0, forgotten: 0 });
    expect(await store.settle(settled('task-1', { now: noon + 11_000 }))).toBe(true);
    expect(await store.sweep(noon + 12_000)).toEqual({ timedOut: 0, forgotten: 1 });
    expect(await store.audit(noon + 12_000)).toEqual([]);
  });

  it('is forgotten in rounds of at most 200, all in one sweep', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000_000);
    const tasks = Array.from({ length: 450 }, (_, index) => `task-${index}`);
    await Promise.all(tasks.map((taskId) => store.reserve(hold({ taskId }))));
    await Promise.all(tasks.map((taskId) => store.settle(settled(taskId))));
    expect(await store.sweep(noon + 300_000)).toEqual({ timedOut: 0, forgotten: 450 });
    expect(await books.sql('select * from task')).toEqual([]);
  });

  it('takes a report of its own account, the last one over those before', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    await store.settle(settled());
    const report = {
      taskId: 'task-1',
      accountId: 'alice',
      invalid: true,
      code: 1001,
      message: 'no',
      now: noon,
    };

    expect(await store.saveFeedback(report)).toBe(true);
    expect(await store.saveFeedback({ ...report, invalid: false, code: null, message: null })).toBe(true);
    expect(await store.saveFeedback({ ...report, accountId: 'bob' })).toBe(false);
    expect(await store.saveFeedback({ ...report, now: noon + 300_000 })).toBe(false);
    const kept = { taskId: 'task-1', account: 'alice', type: 'ImageToTextTask', module: 'common', at: noon };
    expect(await store.listFeedback({ limit: 10, wrong: false })).toEqual([
      { ...kept, invalid: false, code: null, message: null },
    ]);
    expect(await store.listFeedback({ limit: 10, wrong: true })).toEqual([]);
  });

  it('that failed is polled as failed until it is forgotten', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    await store.release(released());
    expect(await store.poll(query({ now: noon + 299_999 }))).toMatchObject({
      state: 'failed',
      solution: null,
    });
    expect(await store.sweep(noon + 300_000)).toEqual({ timedOut: 0, forgotten: 1 });
  });
});
