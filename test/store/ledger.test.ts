import { expect, it } from 'vitest';
import { makeCheckpoints } from '../../src/store/checkpoints.ts';
import {
  type Books,
  hold,
  newKey,
  newPackage,
  noon,
  onEachEngine,
  openAccount,
  released,
  settled,
  type TestStore,
} from './engines.ts';

/** Books with something of everything: charged, released and open tasks, of money and of a package. */
async function keepBooks(books: Books): Promise<TestStore> {
  const store = await books.open();
  await openAccount(store, 10_000);
  await openAccount(store, 500, 'bob');
  await store.topUp({ accountId: 'alice', amount: -1_000, note: 'mistake', now: noon });
  await store.createPackage(newPackage(), newKey({ id: 'p', hash: 'p', packageId: 'plan' }));
  const ofPackage = { keyId: 'p', packageId: 'plan', price: 0 };
  for (const taskId of ['charged', 'failed', 'open']) await store.reserve(hold({ taskId }));
  for (const taskId of ['used', 'returned', 'taken']) await store.reserve(hold({ taskId, ...ofPackage }));
  for (const taskId of ['charged', 'used']) await store.settle(settled(taskId));
  for (const taskId of ['failed', 'returned']) await store.release(released(taskId));
  return store;
}

onEachEngine('the ledger', (makeBooks) => {
  it('keeps the books right over money and packages', async () => {
    const store = await keepBooks(await makeBooks());
    expect(await store.readAccount('alice')).toMatchObject({ posted: 8_600, pending: 400 });
    expect(await store.listPackages('alice', noon)).toMatchObject([{ callsLeft: 8 }]);
    expect(await store.audit(noon)).toEqual([]);
  });

  it('moves every amount between two accounts, so that all and the house sum to zero', async () => {
    const books = await makeBooks();
    const store = await keepBooks(books);
    await store.settle(settled('open'));
    const balances = await books.sql(`
      select account, sum(amount) as balance from (
        select credit as account, amount from entry where kind in ('topup', 'adjust', 'settle')
        union all select debit, -amount from entry where kind in ('topup', 'adjust', 'settle')) sides
      group by account order by account`);
    expect(balances.map(({ account, balance }) => [account, Number(balance)])).toEqual([
      ['alice', 8_200],
      ['bob', 500],
      ['house:cash', -10_500],
      ['house:corrections', 1_000],
      ['house:sales', 800],
    ]);
  });

  it('refuses to change or to delete a line, whoever asks', async () => {
    const books = await makeBooks();
    await keepBooks(books);
    await expect(books.sql('update entry set amount = 1')).rejects.toThrow('append-only');
    await expect(books.sql('delete from entry')).rejects.toThrow('append-only');
    if (books.engine === 'postgres') await expect(books.sql('truncate entry')).rejects.toThrow('append-only');
  });

  it('refuses a second reservation, and a second end, of one task', async () => {
    const books = await makeBooks();
    await keepBooks(books);
    const line = (kind: string, taskId: string) =>
      books.sql(`insert into entry (kind, debit, credit, amount, calls, task_id, note, at)
        values ('${kind}', 'alice', 'house:sales', 400, 0, '${taskId}', '', 0)`);
    await expect(line('reserve', 'open')).rejects.toThrow(/unique/i);
    await expect(line('settle', 'charged')).rejects.toThrow(/unique/i);
    await expect(line('release', 'charged')).rejects.toThrow(/unique/i);
    await expect(line('settle', 'failed')).rejects.toThrow(/unique/i);
    await expect(
      books.sql(`insert into entry (kind, debit, credit, amount, calls, note, at)
      values ('adjust', 'alice', 'alice', 1, 0, '', 0)`),
    ).rejects.toThrow(/two_sides/);
  });

  it('refuses a balance below its holds, and holds below nothing', async () => {
    const books = await makeBooks();
    await keepBooks(books);
    for (const change of [
      'pending = -1',
      'pending = posted + 1',
      'posted = pending - 1',
      'posted = 9000000000000001',
    ])
      await expect(books.sql(`update account set ${change} where id = 'alice'`)).rejects.toThrow(
        /check|account/i,
      );
    await expect(books.sql('update package set calls_left = -1')).rejects.toThrow(/check/i);
  });
});

onEachEngine('the audit', (makeBooks) => {
  const lineOf = (kind: string, over: Record<string, string>) => {
    const line = {
      kind: `'${kind}'`,
      debit: "'alice'",
      credit: "'house:sales'",
      amount: '400',
      calls: '0',
      ...over,
    };
    const values = { ...line, note: "''", at: '0' };
    return `insert into entry (${Object.keys(values)}) values (${Object.values(values)})`;
  };
  const dropChecks = (books: Books) =>
    books.engine === 'postgres' ? ['alter table account drop constraint account_bears_its_holds'] : [];

  type Damage = [invariants: string[], what: string, (books: Books) => string[]];

  const damages: Damage[] = [
    [['I1', 'I5'], 'money from nowhere', () => ["update account set posted = posted + 1 where id = 'bob'"]],
    [
      ['I1', 'I5'],
      'a charge that its account does not show',
      () => [lineOf('topup', { debit: "'house:cash'", credit: "'bob'" })],
    ],
    [
      ['I2'],
      'a hold without a reservation',
      () => ["update account set pending = pending + 1 where id = 'bob'"],
    ],
    [['I2'], 'calls from nowhere', () => ['update package set calls_left = calls_left + 1']],
    [['I2', 'I4'], 'a reservation without a task', () => [lineOf('reserve', { task_id: "'ghost'" })]],
    [
      ['I1', 'I2', 'I4', 'I5'],
      'a settlement without a reservation',
      () => [lineOf('settle', { task_id: "'ghost'" })],
    ],
    [
      ['I1', 'I2', 'I4', 'I5'],
      'a settlement of an open task',
      () => [lineOf('settle', { task_id: "'open'" })],
    ],
    [
      ['I1', 'I2', 'I4', 'I5'],
      'a settlement of another amount',
      () => [
        // Ended, so that what is settled is all that is wrong with it.
        "update task set state = 'ready', solution = '{}' where id = 'open'",
        lineOf('settle', { task_id: "'open'", amount: '399' }),
      ],
    ],
    [
      ['I4'],
      'a settlement of another number of calls',
      () => [
        lineOf('reserve', { task_id: "'ghost'", amount: '0', calls: '1' }),
        lineOf('settle', { task_id: "'ghost'", amount: '0' }),
      ],
    ],
    [
      ['I4', 'I8'],
      'an ended task that nobody was charged for',
      () => ["update task set state = 'ready' where id = 'open'"],
    ],
    [
      ['I8'],
      'a failed task that was charged',
      () => ["update task set state = 'failed' where id = 'charged'"],
    ],
    [['I8'], 'a ready task that was free', () => ["update task set state = 'ready' where id = 'failed'"]],
    ...(
      [
        ['an open task of another price', 'price = 399', 'open'],
        ['an open task of another account', "account_id = 'bob'", 'open'],
        ['an open task of no package', 'package_id = null', 'taken'],
        ['an open task of a package that it was not reserved of', "package_id = 'plan'", 'open'],
        ['a charged task of another account', "account_id = 'bob'", 'charged'],
        ['an open task that never falls due', 'deadline = deadline + 1000000000000000', 'open'],
      ] as const
    ).map(
      ([what, change, id]): Damage => [['I4'], what, () => [`update task set ${change} where id = '${id}'`]],
    ),
    [
      ['I8'],
      'a ready task without a solution',
      () => ["update task set solution = null where id = 'charged'"],
    ],
    [
      ['I1', 'I3', 'I5'],
      'a balance below its holds',
      (books) => [...dropChecks(books), "update account set posted = pending - 1 where id = 'alice'"],
    ],
    [
      ['I9'],
      'a ledger that may be changed',
      (books) => [
        books.engine === 'postgres'
          ? 'drop trigger entry_no_change on entry'
          : 'drop trigger entry_no_delete',
      ],
    ],
    [
      ['I9'],
      'a ledger whose trigger does nothing',
      (books) => [
        books.engine === 'postgres'
          ? 'alter table entry disable trigger entry_no_change'
          : 'drop trigger entry_no_update',
      ],
    ],
    [
      ['I9'],
      'checkpoints that may be changed',
      (books) => [
        books.engine === 'postgres'
          ? 'drop trigger checkpoint_no_change on checkpoint'
          : 'drop trigger checkpoint_no_update',
      ],
    ],
  ];

  it.each([
    ['from the first line', 0],
    ['from a checkpoint', 2],
  ])('names what is wrong, by its invariant, %s', async (_, checkpoints) => {
    const books = await makeBooks();
    const store = await keepBooks(books);
    if (checkpoints > 0)
      expect(await makeCheckpoints(await books.openEngine(), noon, 4)).toMatchObject({
        made: checkpoints,
        violations: [],
      });
    for (const [invariants, what, damage] of damages) {
      const found = (await books.auditAfter(damage(books))).map(({ invariant }) => invariant);
      expect([...new Set(found)].sort(), what).toEqual(invariants);
    }
    expect(await store.audit(noon)).toEqual([]);
  });

  it('names a task whose lines have all been moved to another account, with what they moved', async () => {
    const books = await makeBooks();
    await keepBooks(books);
    const found = await books.auditAfter([
      books.engine === 'postgres'
        ? 'alter table entry disable trigger entry_no_change'
        : 'drop trigger entry_no_update',
      "update entry set debit = 'bob' where task_id = 'charged'",
      "update account set posted = posted + 400 where id = 'alice'",
      "update account set posted = posted - 400 where id = 'bob'",
    ]);
    expect(found.map(({ invariant }) => invariant)).toEqual(['I4', 'I9']);
    expect(found[0]!.detail).toContain(': charged,');
  });

  it('names the first twenty of many, and how many more there are', async () => {
    const books = await makeBooks();
    await keepBooks(books);
    const many = Array.from({ length: 30 }, (_, n) => `('many-${n + 10}', 'many', ${n + 1}, 0, 0)`);
    const damage = `insert into account (id, name, posted, pending, created_at) values ${many}`;
    const found = (await books.auditAfter([damage])).map(({ detail }) => detail);
    const says = 'posted is what was paid in, adjusted and charged:';
    expect(found[0]).toBe(`${says} many-10, expected 0, found 1`);
    expect(found.slice(19)).toEqual([
      `${says} many-29, expected 0, found 20`,
      `${says} 10 more`,
      'all accounts and the house sum to zero: all accounts, expected 0, found 465',
    ]);
  });

  it('names of many tasks the first twenty, too', async () => {
    const books = await makeBooks();
    await keepBooks(books);
    const lines = Array.from({ length: 25 }, (_, n) =>
      lineOf('reserve', { task_id: `'ghost-${n + 10}'`, amount: '0' }),
    );
    const found = (await books.auditAfter(lines)).map(({ detail }) => detail);
    const says = 'an open reservation has an open task:';
    expect(found.slice(19)).toEqual([`${says} ghost-29, expected 1, found 0`, `${says} 5 more`]);
  });

  it('is told nothing of accounts that are right: compared in the event loop, they would hold it up', async () => {
    const books = await makeBooks();
    const store = await keepBooks(books);
    for (const id of ['carol', 'dave', 'erin']) await openAccount(store, 1_000, id);
    const told: unknown[] = [];
    expect(await books.auditAfter([], { onTold: (rows) => void told.push(...rows) })).toEqual([]);
    expect(JSON.stringify(told)).not.toMatch(/alice|carol/);
  });
});
