import { expect, it } from 'vitest';
import { dayMs, hold, newKey, newPackage, noon, onEachEngine, openAccount } from './engines.ts';

onEachEngine('an account', (makeBooks) => {
  it('is found by its id, or by its name where that is unique', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await store.createAccount({ id: 'a1', name: 'shop', now: noon });
    await store.createAccount({ id: 'a2', name: 'twin', now: noon + 1 });
    await store.createAccount({ id: 'a3', name: 'other', now: noon + 2 });
    // As two commands of older versions could make them at once.
    await books.sql("update account set name = 'twin' where id = 'a3'");
    expect(await store.findAccount('a2')).toMatchObject({
      id: 'a2',
      posted: 0,
      pending: 0,
      createdAt: noon + 1,
    });
    expect(await store.findAccount('shop')).toMatchObject({ id: 'a1' });
    expect(await store.findAccount('twin')).toBeUndefined();
    expect(await store.findAccount('nobody')).toBeUndefined();
    expect((await store.listAccounts()).map(({ id }) => id)).toEqual(['a1', 'a2', 'a3']);
  });

  it('is made once under its name, however many processes make it at once, and not under the name or id of another', async () => {
    const books = await makeBooks();
    const stores = await Promise.all([books.open(), books.open(), books.open(), books.open()]);
    const balance = { amount: 5, note: 'first' };
    const made = await Promise.all(
      stores.map((store, at) => store.createAccount({ id: `a${at}`, name: 'shop', now: noon, balance })),
    );
    const [shop, ...others] = made.filter((account) => account !== undefined);
    expect(others).toEqual([]);
    const [store] = stores;
    for (const name of ['shop', shop!.id])
      expect(await store.createAccount({ id: 'b', name, now: noon, balance })).toBeUndefined();
    expect(await store.listAccounts()).toEqual([shop]);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is made with its first balance, or not at all', async () => {
    const store = await (await makeBooks()).open();
    const make = (id: string, amount: number) =>
      store.createAccount({ id, name: id, now: noon, balance: { amount, note: 'first' } });

    expect(await make('rich', 25)).toMatchObject({ id: 'rich', posted: 25, pending: 0 });
    expect(await store.listEntries('rich', 9)).toMatchObject([{ kind: 'topup', amount: 25, note: 'first' }]);
    for (const amount of [0, -1, 0.5, 9_000_000_000_000_001])
      await expect(make('refused', amount)).rejects.toThrow(/whole micro-USD|below 0/);
    expect((await store.listAccounts()).map(({ id }) => id)).toEqual(['rich']);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is paid in and adjusted in whole micro-USD, within what its holds and exactness allow', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    await store.reserve(hold());
    const topUp = (amount: number, accountId = 'alice') =>
      store.topUp({ accountId, amount, note: 'n', now: noon });

    expect(await topUp(1)).toMatchObject({ posted: 1_001, pending: 400 });
    expect(await topUp(-602)).toBeUndefined();
    expect(await topUp(-601)).toMatchObject({ posted: 400, pending: 400 });
    expect(await topUp(5, 'nobody')).toBeUndefined();
    expect(await topUp(9_000_000_000_000_000 - 399)).toBeUndefined();
    expect(await topUp(9_000_000_000_000_000 - 400)).toMatchObject({ posted: 9_000_000_000_000_000 });
    for (const amount of [0, 0.5, Number.NaN, 1e300, -1e300, 2 ** 63, '5' as never])
      await expect(topUp(amount)).rejects.toThrow(/whole micro-USD/);

    const entries = await store.listEntries('alice', 3);
    expect(entries.map(({ kind, amount, note }) => [kind, amount, note])).toEqual([
      ['topup', 9_000_000_000_000_000 - 400, 'n'],
      ['adjust', -601, 'n'],
      ['topup', 1, 'n'],
    ]);
    expect(await store.audit(noon)).toEqual([]);
  });
});

onEachEngine('a key', (makeBooks) => {
  it('is found by its hash with all that limits it', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    const limits = {
      taskTypes: ['ImageToTextTask'],
      addresses: ['192.0.2.0/24'],
      dailyCap: 500,
      dialect: '2captcha',
      isTest: true,
      expiresAt: noon + 1,
    };
    await store.createKey(newKey({ id: 'k2', hash: 'h2', label: 'ci', ...limits }));
    expect(await store.findPrincipal('h2')).toEqual({
      key: {
        id: 'k2',
        accountId: 'alice',
        packageId: null,
        label: 'ci',
        hint: 'lgl_abc…xyz',
        revokedAt: null,
        ...limits,
      },
      package: null,
    });
    expect(await store.findPrincipal('h3')).toBeUndefined();
  });

  it('exists once by its hash, and only of an account that exists', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    expect(await store.createKey(newKey({ id: 'other' }))).toBeUndefined();
    await expect(store.createKey(newKey({ id: 'x', hash: 'x', accountId: 'nobody' }))).rejects.toThrow();
    await openAccount(store, 0, 'bob');
    expect((await store.listKeys()).map(({ id }) => id)).toEqual(['key-alice', 'key-bob']);
    expect((await store.listKeys('bob')).map(({ id }) => id)).toEqual(['key-bob']);
  });

  it('is revoked once', async () => {
    const store = await (await makeBooks()).open();
    expect(await store.hasKeys()).toBe(false);
    await openAccount(store, 0);
    expect(await store.hasKeys()).toBe(true);
    expect(await store.revokeKey('key-alice', noon)).toBe(true);
    expect(await store.revokeKey('key-alice', noon + 1)).toBe(false);
    expect(await store.revokeKey('nothing', noon)).toBe(false);
    expect(await store.findPrincipal('hash-alice')).toMatchObject({ key: { revokedAt: noon } });
    expect(await store.hasKeys()).toBe(true);
  });
});

onEachEngine('a package', (makeBooks) => {
  const packageKey = newKey({ id: 'p', hash: 'p', hint: 'lgl_pak…age', packageId: 'plan' });

  it('comes with a key of its own, and its tasks take calls in place of money', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    const plan = { title: 'Thousand', type: 2, rateLimit: 60, concurrency: 5, expiresAt: noon + dayMs };
    const made = await store.createPackage(newPackage({ ...plan, calls: 1 }), packageKey);
    expect(made).toEqual({ id: 'plan', accountId: 'alice', ...plan, callsLeft: 1, keyHint: 'lgl_pak…age' });
    expect(await store.listPackages('alice', noon)).toEqual([made]);
    expect(await store.findPrincipal('p')).toMatchObject({
      key: { packageId: 'plan' },
      package: { id: 'plan', rateLimit: 60, concurrency: 5, expiresAt: noon + dayMs },
    });

    const task = { keyId: 'p', packageId: 'plan', price: 0 };
    expect(await store.reserve(hold({ taskId: 'a', ...task }))).toBe('held');
    expect(await store.reserve(hold({ taskId: 'b', ...task }))).toBe('noCallsLeft');
    expect(await store.listPackages('alice', noon)).toMatchObject([{ callsLeft: 0 }]);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('is made with its key or not at all', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    const taken = { ...packageKey, hash: 'hash-alice' };
    await expect(store.createPackage(newPackage(), taken)).rejects.toThrow('exists already');
    await expect(store.createPackage(newPackage(), newKey({ id: 'q', hash: 'q' }))).rejects.toThrow(
      'belongs',
    );
    await expect(store.createPackage(newPackage({ calls: 0.5 }), packageKey)).rejects.toThrow('whole');
    expect(await store.listPackages('alice', noon)).toEqual([]);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('gives no calls after its end, nor to another account', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    await openAccount(store, 0, 'bob');
    await store.createPackage(newPackage({ expiresAt: noon + 10 }), packageKey);
    const reserve = (taskId: string, now: number, accountId = 'alice') =>
      store.reserve(hold({ taskId, now, accountId, keyId: 'p', packageId: 'plan', price: 0 }));
    expect(await reserve('a', noon + 9)).toBe('held');
    expect(await reserve('b', noon + 10)).toBe('noCallsLeft');
    expect(await reserve('c', noon, 'bob')).toBe('noCallsLeft');
    expect(await store.listPackages('alice', noon + 9)).toMatchObject([{ callsLeft: 9 }]);
    expect(await store.listPackages('alice', noon + 10)).toEqual([]);
  });

  it('is ended by the operator together with its keys, once', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    await store.createPackage(newPackage(), packageKey);
    expect(await store.endPackage('plan', noon)).toBe(true);
    expect(await store.endPackage('plan', noon)).toBe(false);
    expect(await store.listPackages('alice', noon)).toEqual([]);
    expect(await store.findPrincipal('p')).toMatchObject({ key: { revokedAt: noon } });
    expect(await store.findPrincipal('hash-alice')).toMatchObject({ key: { revokedAt: null } });
  });

  it('that has run out by itself can still be ended: its keys are then revoked', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    await store.createPackage({ ...newPackage(), expiresAt: noon + 1_000 }, packageKey);
    expect(await store.endPackage('plan', noon + 2_000)).toBe(true);
    expect(await store.findPrincipal('p')).toMatchObject({ key: { revokedAt: noon + 2_000 } });
    expect(await store.endPackage('plan', noon + 3_000)).toBe(false);
  });

  it('shows the hint of a key that works, where the one that was made with it is revoked', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 0);
    await store.createPackage(newPackage(), packageKey);
    const later = { id: 'q', hash: 'q', hint: 'lgl_new…key', now: noon + 1 };
    await store.createKey({ ...packageKey, ...later });
    expect((await store.listPackages('alice', noon))[0]!.keyHint).toBe(packageKey.hint);
    await store.revokeKey('p', noon + 2);
    expect((await store.listPackages('alice', noon))[0]!.keyHint).toBe('lgl_new…key');
  });
});

onEachEngine('the store', (makeBooks) => {
  it('probes by a write that it reads back, also beside another process', async () => {
    const books = await makeBooks();
    const [one, other] = [await books.open(), await books.open()];
    await Promise.all([one.probe(), other.probe(), one.probe(), other.probe()]);
    const probes = await books.sql("select value from fact where name = 'probe'");
    await one.probe();
    expect(await books.sql("select value from fact where name = 'probe'")).not.toEqual(probes);
  });

  it('fails a probe where its table has gone', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await store.probe();
    await books.sql('drop table fact');
    await expect(store.probe()).rejects.toThrow('fact');
  });

  it('counts its commits, and what each carried', async () => {
    const seen: number[] = [];
    const store = await (await makeBooks()).open({ onCommit: ({ operations }) => seen.push(operations) });
    await openAccount(store, 1_000_000);
    const before = await store.counters();
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.reserve(hold({ taskId: `t${index}` }))));
    await store.readAccount('alice');
    const { operations, commits } = await store.counters();
    expect(operations - before.operations).toBe(20);
    expect(commits - before.commits).toBeLessThanOrEqual(3);
    expect(seen.reduce((sum, n) => sum + n, 0)).toBe(operations);
    expect(seen).toHaveLength(commits);
  });

  it('shows doctor that it is whole and durable', async () => {
    const books = await makeBooks();
    const checks = await (await books.open()).inspect();
    const bad = checks.filter(({ ok }) => !ok).map(({ name }) => name);
    // The tests' own PostgreSQL runs with fsync off, and is found out.
    expect(bad).toEqual(books.engine === 'postgres' ? ['fsync'] : []);
  });

  it('refuses the tables of a newer release', async () => {
    const books = await makeBooks();
    await (await books.open()).close();
    await books.sql("insert into kysely_migration (name, timestamp) values ('9999-future', '2030')");
    await expect(books.open()).rejects.toThrow(/9999-future/);
  });

  it('answers what it was asked before it was closed, and refuses what comes after', async () => {
    const store = await (await makeBooks()).open();
    await openAccount(store, 1_000);
    const asked = store.reserve(hold());
    await store.close();
    expect(await asked).toBe('held');
    await expect(store.readAccount('alice')).rejects.toThrow('closed');
  });
});
