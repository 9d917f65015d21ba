import { expect, it } from 'vitest';
import { hold, noon, onEachEngine, openAccount, released, settled, type TestStore } from './engines.ts';

const callbackUrl = 'https://site.example/hook';
const soon = noon + 1_000;
const due = (
  store: TestStore,
  now = soon,
  busyHosts: string[] = [],
  busyKeys: string[] = [],
  busyPairs: string[] = [],
) => store.takeCallback({ now, lostAt: now + 30_000, busyHosts, busyKeys, busyPairs });

onEachEngine('the outbox of callbacks', (makeBooks) => {
  it('passes over the keys that have enough calls under way', async () => {
    const store = await opened();
    for (const taskId of ['a', 'b']) await store.reserve(hold({ taskId, callbackUrl }));
    for (const taskId of ['a', 'b']) await store.settle(settled(taskId));
    expect(await due(store, soon, [], ['key-alice'])).toBeUndefined();
    expect(await due(store, soon, [], ['another'])).toMatchObject({ keyId: 'key-alice' });
  });

  it('passes over the hosts at which a key has enough calls under way, and over no other of its hosts', async () => {
    const store = await opened();
    for (const taskId of ['a', 'b'])
      await store.reserve(hold({ taskId, callbackUrl: `https://${taskId}.example/` }));
    for (const taskId of ['a', 'b']) await store.settle(settled(taskId));
    const pairs = ['key-alice a.example', 'key-bob b.example'];
    expect(await due(store, soon, [], [], pairs)).toMatchObject({ host: 'b.example' });
    expect(await due(store, soon, [], [], pairs)).toBeUndefined();
    expect(await due(store, soon, [], [], ['key-alice b.example'])).toMatchObject({ host: 'a.example' });
  });

  it('takes no more of a key that has 5,000 waiting, and charges its tasks all the same', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 10_000);
    for (const taskId of ['first', 'second', 'third']) await store.reserve(hold({ taskId, callbackUrl }));
    await store.settle(settled('first'));
    const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 4998)';
    const others = `task_id || '-' || i, key_id, url, host, solution, attempts, created_at, due_at`;
    const columns = 'task_id, key_id, url, host, solution, attempts, created_at, due_at';
    await books.sql(`insert into callback (${columns}) ${numbers} select ${others} from callback, n`);
    for (const taskId of ['second', 'third']) expect(await store.settle(settled(taskId))).toBe(true);
    const waiting = await books.sql(`select task_id from callback where task_id in ('second', 'third')`);
    expect(waiting).toEqual([{ task_id: 'second' }]);
    expect(await store.readAccount('alice')).toMatchObject({ posted: 10_000 - 3 * 400, pending: 0 });
  });

  async function opened(): Promise<TestStore> {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    return store;
  }

  it('holds the result of a task that was settled, released or timed out, once, and of no other', async () => {
    const store = await opened();
    for (const taskId of ['settled', 'released', 'late'])
      await store.reserve(hold({ taskId, callbackUrl: `${callbackUrl}?${taskId}`, dialect: 'anticaptcha' }));
    await store.reserve(hold({ taskId: 'silent' }));
    expect(await due(store)).toBeUndefined();

    await store.settle(settled('settled'));
    await store.settle(settled('settled'));
    await store.settle(settled('silent'));
    await store.release(released('released', { errorDetail: 'too dark', now: noon + 2_000 }));
    await store.sweep(noon + 121_000);

    const found = [];
    for (let next = await due(store, noon + 121_000); next; next = await due(store, noon + 121_000))
      found.push(next);
    const common = {
      ...{ keyId: 'key-alice', host: 'site.example', attempts: 1 },
      ...{ dialect: 'anticaptcha', address: '192.0.2.1', price: 400, createdAt: noon },
    };
    const failed = { ...common, solution: null };
    expect(found).toEqual([
      {
        ...common,
        taskId: 'settled',
        number: 1,
        endedAt: noon + 1_000,
        url: `${callbackUrl}?settled`,
        solution: '{"text":"abc"}',
        errorCode: null,
        errorDetail: null,
      },
      {
        ...failed,
        taskId: 'released',
        number: 2,
        endedAt: noon + 2_000,
        url: `${callbackUrl}?released`,
        errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
        errorDetail: 'too dark',
      },
      {
        ...failed,
        taskId: 'late',
        number: 3,
        endedAt: noon + 121_000,
        url: `${callbackUrl}?late`,
        errorCode: 'ERROR_TASK_TIMEOUT',
        errorDetail: null,
      },
    ]);
    expect(await store.audit(noon + 121_000)).toEqual([]);
  });

  it('outlives the task itself', async () => {
    const store = await opened();
    await store.reserve(hold({ callbackUrl }));
    await store.settle(settled());
    const later = noon + 400_000;
    await store.sweep(later);
    expect(
      await store.poll({ taskId: 'task-1', accountId: 'alice', now: later, maxPolls: 9 }),
    ).toBeUndefined();
    expect(await due(store, later)).toMatchObject({ taskId: 'task-1', solution: '{"text":"abc"}' });
  });

  it('lends each to one sender, and again when that one has died', async () => {
    const store = await opened();
    await store.reserve(hold({ callbackUrl }));
    await store.settle(settled());
    const [one, other] = await Promise.all([due(store), due(store)]);
    expect([one, other].filter(Boolean)).toHaveLength(1);
    expect(await due(store, soon + 29_999)).toBeUndefined();
    expect(await due(store, soon + 30_000)).toMatchObject({ taskId: 'task-1', attempts: 2 });
    // Whoever was thought dead comes too late to end what another does now.
    expect(await store.endCallback({ taskId: 'task-1', attempts: 1, nextAt: null })).toBe(false);
    expect(await store.endCallback({ taskId: 'task-1', attempts: 2, nextAt: soon + 60_000 })).toBe(true);
    expect(await due(store, soon + 59_999)).toBeUndefined();
    expect(await due(store, soon + 60_000)).toMatchObject({ attempts: 3 });
    expect(await store.endCallback({ taskId: 'task-1', attempts: 3, nextAt: null })).toBe(true);
    expect(await due(store, soon + 1e9)).toBeUndefined();
  });

  it('is not put off by a sender that was thought dead while another is at it', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 10_000);
    await store.reserve(hold({ callbackUrl }));
    await store.settle(settled());
    await due(store);
    expect(await due(store, soon + 30_000)).toMatchObject({ attempts: 2 });
    const dueAt = () => books.sql('select due_at from callback');
    const before = await dueAt();
    expect(await store.endCallback({ taskId: 'task-1', attempts: 1, nextAt: soon + 300_000 })).toBe(false);
    expect(await dueAt()).toEqual(before);
  });

  it('lends at once what a clock that has been set back since had put off', async () => {
    const store = await opened();
    await store.reserve(hold({ callbackUrl }));
    await store.settle(settled());
    const day = 86_400_000;
    expect(await due(store, soon + day)).toMatchObject({ attempts: 1 });
    await store.endCallback({ taskId: 'task-1', attempts: 1, nextAt: soon + day + 300_000 });
    expect(await due(store, soon)).toMatchObject({ taskId: 'task-1', attempts: 2 });
  });

  it('passes over hosts that are busy, and lends the oldest first', async () => {
    const store = await opened();
    const hosts = ['a.example', 'b.example:8080', "o'hara.example"];
    for (const [index, host] of hosts.entries()) {
      await store.reserve(hold({ taskId: host, callbackUrl: `http://${host}/` }));
      await store.settle(settled(host, { now: noon + 10 - index }));
    }
    expect(await due(store, soon, ["o'hara.example", 'b.example:8080'])).toMatchObject({ host: 'a.example' });
    expect(await due(store, soon, ["o'hara.example"])).toMatchObject({ host: 'b.example:8080' });
    expect(await due(store, soon, ["o'hara.example"])).toBeUndefined();
    expect(await store.gauges(noon + 5_000)).toMatchObject({ waitingCallbacks: 3, oldestCallback: noon + 8 });
  });

  it('that an earlier release has left is told in the contract that all were told in', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await books.sql(`insert into callback (task_id, key_id, url, host, solution, attempts, created_at, due_at)
      values ('old', 'key-alice', '${callbackUrl}', 'site.example', '{}', 0, ${noon}, ${noon})`);
    expect(await due(store)).toMatchObject({ taskId: 'old', dialect: 'capsolver', solution: '{}' });
  });

  it('gets nothing from a settlement that is rolled back', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 10_000);
    await store.reserve(hold({ callbackUrl }));
    // The settlement's line of the ledger stands already: its transaction fails as a whole.
    await books.sql(`insert into entry (kind, debit, credit, amount, calls, task_id, note, at)
      values ('settle', 'alice', 'house:sales', 400, 0, 'task-1', '', ${noon})`);
    await expect(store.settle(settled())).rejects.toThrow();
    expect(await due(store)).toBeUndefined();
  });
});

onEachEngine('a task that was taken up', (makeBooks) => {
  it('can be handed back, and is then lent with a new lease', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    await store.reserve(hold({ state: 'queued', payload: '{}', callbackUrl }));
    const taken = (await store.take({ now: noon, busyAccounts: [] }))!;
    expect(taken).toMatchObject({ lease: 2, callbackUrl });
    expect(await store.handBack({ taskId: 'task-1', lease: 1 })).toBe(false);
    expect(await store.handBack(taken)).toBe(true);
    expect(await store.handBack(taken)).toBe(false);
    expect(await store.settle(settled('task-1', { lease: 2 }))).toBe(false);
    expect(await store.take({ now: noon, busyAccounts: [] })).toMatchObject({ lease: 3 });
    expect(await store.settle(settled('task-1', { lease: 3 }))).toBe(true);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('and answered inside createTask cannot: nobody else has its image', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 10_000);
    await store.reserve(hold());
    expect(await store.handBack({ taskId: 'task-1', lease: 1 })).toBe(false);
    expect(await store.settle(settled())).toBe(true);
  });
});
