import { expect, it } from 'vitest';
import { hold, noon, onEachEngine, openAccount, released, settled } from './engines.ts';

onEachEngine('a hold', (makeBooks) => {
  it('takes the price out of what can be spent, and settling charges it', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);

    expect(await store.reserve(hold())).toBe('held');
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 400 });
    expect(await store.settle(settled())).toBe(true);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 600, pending: 0 });

    const entries = await store.listEntries('alice', 10);
    expect(entries.map(({ kind, amount, taskId }) => [kind, amount, taskId])).toEqual([
      ['settle', 400, 'task-1'],
      ['reserve', 400, 'task-1'],
      ['topup', 1_000, null],
    ]);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('that was refused to its client is given back whoever works for it by now', async () => {
    const books = await makeBooks();
    const store = await books.open();
    const engine = await books.openEngine();
    await openAccount(store, 1_000);
    await store.reserve(hold({ state: 'queued', payload: '{}' }));
    await engine.call('take', 'worker', { now: noon, busyAccounts: [] });
    const { lease: _, ...anybodys } = released();
    expect(await store.release(anybodys)).toBe(true);
    expect(await store.settle(settled('task-1', { lease: 2 }))).toBe(false);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is given back when the task fails', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());

    expect(await store.release(released('task-1', { errorDetail: 'no text in it' }))).toBe(true);

    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
    const record = await store.poll({ taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 120 });
    expect(record).toMatchObject({
      state: 'failed',
      errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
      errorDetail: 'no text in it',
      solution: null,
    });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is refused when the balance less other holds does not bear it', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold({ taskId: 'task-1', price: 700 }));

    expect(await store.reserve(hold({ taskId: 'task-2', price: 301 }))).toBe('zeroBalance');
    expect(await store.reserve(hold({ taskId: 'task-3', price: 300 }))).toBe('held');
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 1_000 });
    const refused = { taskId: 'task-2', accountId: 'alice', now: noon, maxPolls: 120 };
    expect(await store.poll(refused)).toBeUndefined();
    expect(await store.audit(noon)).toEqual([]);
  });

  it('ends once: whatever comes second changes nothing', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    for (const [taskId, end] of [
      ['task-1', () => store.settle(settled('task-1'))],
      ['task-2', () => store.release(released('task-2'))],
      ['task-3', () => store.sweep(noon + 121_000)],
    ] as const) {
      await store.reserve(hold({ taskId }));
      await end();
      const before = await store.readAccount('alice');
      expect(await store.settle(settled(taskId))).toBe(false);
      expect(await store.release(released(taskId))).toBe(false);
      expect(await store.sweep(noon + 122_000)).toEqual({ timedOut: 0, forgotten: 0 });
      expect(await store.readAccount('alice')).toEqual(before);
    }
    expect(await store.readAccount('alice')).toMatchObject({ posted: 9_600, pending: 0 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('of a task that was never reserved cannot be settled or released', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    expect(await store.settle(settled('unknown'))).toBe(false);
    expect(await store.release(released('unknown'))).toBe(false);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
  });

  it('of a task id that exists is refused and holds nothing', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    await expect(store.reserve(hold())).rejects.toThrow();
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 400 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('costs nothing when the price is nothing, also on an empty account', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    expect(await store.reserve(hold({ price: 0 }))).toBe('held');
    expect(await store.settle(settled())).toBe(true);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 0, pending: 0 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('of a price that is not whole micro-USD is refused', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    for (const price of [-1, 0.5, 0.1 + 0.2, Number.NaN, 1e300, 2 ** 60])
      await expect(store.reserve(hold({ price }))).rejects.toThrow(/whole micro-USD/);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 1_000, pending: 0 });
  });

  it('numbers tasks in the order of their creation, never twice', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    await store.reserve(hold({ taskId: 'task-1', price: 0 }));
    await store.reserve(hold({ taskId: 'task-2', price: 0 }));
    await store.settle(settled('task-1'));
    await store.settle(settled('task-2'));
    const [{ last } = {}] = await books.sql('select max(number) as last from task');
    await store.sweep(noon + 301_000);
    await store.reserve(hold({ taskId: 'task-3', price: 0, now: noon + 302_000 }));
    const [{ number } = {}] = await books.sql('select number from task');
    expect(Number(number)).toBeGreaterThan(Number(last));
  });
});
