import { expect, it } from 'vitest';
import { hold, noon, onEachEngine, openAccount, settled } from './engines.ts';

onEachEngine('after a restart', (makeBooks) => {
  it('everything acknowledged is there', async () => {
    const books = await makeBooks();
    const before = await books.open();
    await openAccount(before, 1_000);
    await before.reserve(hold());
    await before.settle(settled());
    await before.saveBan({
      kind: 'address',
      subject: '192.0.2.1',
      since: noon,
      until: noon + 600_000,
      count: 1,
    });
    await before.close();

    const after = await books.open();
    const query = { taskId: 'task-1', accountId: 'alice', now: noon, maxPolls: 1 };
    expect(await after.poll(query)).toMatchObject({ state: 'ready', solution: '{"text":"abc"}' });
    expect(await after.readAccount('alice')).toMatchObject({ posted: 600, pending: 0 });
    expect(await after.findPrincipal('hash-alice')).toMatchObject({ key: { id: 'key-alice' } });
    expect(await after.listBans(noon)).toMatchObject([{ subject: '192.0.2.1', count: 1 }]);
    expect(await after.audit(noon)).toEqual([]);
  });

  it('a worker that was overtaken cannot settle: the lease fences it off', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold({ state: 'queued', payload: '{"body":"…"}' }));
    expect(await store.settle(settled('task-1', { lease: 1 }))).toBe(false);

    const taken = await store.take({ now: noon, busyAccounts: [] });
    expect(taken).toMatchObject({ taskId: 'task-1', lease: 2, payload: '{"body":"…"}' });
    expect(await store.take({ now: noon, busyAccounts: [] })).toBeUndefined();
    expect(await store.settle(settled('task-1', { lease: 1 }))).toBe(false);
    expect(await store.settle(settled('task-1', { lease: 3 }))).toBe(false);
    expect(await store.settle(settled('task-1', { lease: 2 }))).toBe(true);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 600, pending: 0 });
    expect(await store.audit(noon)).toEqual([]);
  });

  it('the task that is due first is lent first, and none past its deadline', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    const queued = (taskId: string, now: number) =>
      store.reserve(hold({ taskId, now, state: 'queued', payload: '{}' }));
    await queued('late', noon + 2);
    await queued('early', noon + 1);
    await queued('over', noon - 200_000);
    expect(await store.take({ now: noon, busyAccounts: [] })).toMatchObject({ taskId: 'early' });
    expect(await store.take({ now: noon, busyAccounts: [] })).toMatchObject({ taskId: 'late' });
    expect(await store.take({ now: noon, busyAccounts: [] })).toBeUndefined();
  });

  it('no task is lent of an account that is named as busy', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    await openAccount(store, 10_000, 'bob');
    const queued = (taskId: string, owner: string, now: number) =>
      store.reserve(
        hold({ taskId, accountId: owner, keyId: `key-${owner}`, now, state: 'queued', payload: '{}' }),
      );
    await queued('early', 'alice', noon);
    await queued('late', 'bob', noon + 1);
    const take = (busyAccounts: string[]) => store.take({ now: noon, busyAccounts });
    expect(await take(['alice', 'bob'])).toBeUndefined();
    expect(await take(['alice'])).toMatchObject({ taskId: 'late' });
    expect(await take(['alice'])).toBeUndefined();
    expect(await take([])).toMatchObject({ taskId: 'early' });
  });
});
