import { expect, it } from 'vitest';
import { dayMs, noon, onEachEngine, undoneBefore } from './engines.ts';

const ban = {
  kind: 'address' as const,
  subject: '192.0.2.1',
  since: noon,
  until: noon + 600_000,
  count: 1,
};

onEachEngine('a ban', (makeBooks) => {
  it('is written over by the next of its subject, and remembered a day after its end', async () => {
    const store = await (await makeBooks()).open();
    await store.saveBan(ban);
    await store.saveBan({ ...ban, kind: 'key', subject: 'key-1' });
    await store.saveBan({ ...ban, since: noon + 1, until: noon + 1_800_000, count: 2 });
    expect(await store.listBans(noon)).toEqual([
      { ...ban, kind: 'key', subject: 'key-1' },
      { ...ban, since: noon + 1, until: noon + 1_800_000, count: 2 },
    ]);
    expect(await store.listBans(noon + 600_000 + dayMs)).toMatchObject([{ count: 2 }]);
    expect(await store.listBans(noon + 1_800_000 + dayMs)).toEqual([]);
  });

  it('is lifted once, of its kind alone', async () => {
    const store = await (await makeBooks()).open();
    await store.saveBan(ban);
    expect(await store.liftBan('key', ban.subject)).toBe(false);
    expect(await store.liftBan('address', ban.subject)).toBe(true);
    expect(await store.liftBan('address', ban.subject)).toBe(false);
    expect(await store.listBans(noon)).toEqual([]);
  });

  it('leaves no row behind when it has been over for a day', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await store.saveBan(ban);
    await store.saveBan({ ...ban, subject: '192.0.2.2', until: ban.until + 1 });
    await store.saveBan({ ...ban, subject: '192.0.2.3' });
    await store.liftBan('address', '192.0.2.3');
    await store.sweep(ban.until + dayMs);
    expect(await books.sql('select subject from ban')).toEqual([{ subject: '192.0.2.2' }]);
  });
});

onEachEngine('what has become of bans', (makeBooks) => {
  const nothing = (upTo: number) => ({ bans: [], upTo, more: false, isAnew: false });

  it('is told to each process once, also of those that another has saved or lifted', async () => {
    const books = await makeBooks();
    const [one, other] = [await books.open(), await books.open()];
    expect(await one.banChanges(0)).toEqual(nothing(0));
    await one.saveBan(ban);
    await other.saveBan({ ...ban, kind: 'key', subject: 'key-1' });
    const first = await other.banChanges(0);
    expect(first.bans).toEqual([ban, { ...ban, kind: 'key', subject: 'key-1' }]);
    expect(await other.banChanges(first.upTo)).toEqual(nothing(first.upTo));

    await one.saveBan({ ...ban, since: noon + 1, count: 2 });
    await one.liftBan('key', 'key-1');
    const { bans, upTo } = await other.banChanges(first.upTo);
    expect(bans).toMatchObject([
      { subject: ban.subject, count: 2 },
      { kind: 'key', subject: 'key-1', since: noon, count: 0 },
    ]);
    expect(await one.banChanges(upTo)).toEqual(nothing(upTo));
    await other.saveBan({ ...ban, kind: 'key', subject: 'key-1', since: noon + 2 });
    expect((await one.banChanges(upTo)).bans).toMatchObject([{ kind: 'key', since: noon + 2, count: 1 }]);
  });

  it('is told of one lifted that began days before, whatever is forgotten meanwhile', async () => {
    const books = await makeBooks();
    const store = await books.open();
    const long = { ...ban, until: noon + 7 * dayMs };
    await store.saveBan(long);
    const { upTo } = await store.banChanges(-1);
    expect(await store.liftBan('address', ban.subject)).toBe(true);
    await store.sweep(noon + 2 * dayMs);
    expect((await store.banChanges(upTo)).bans).toMatchObject([{ subject: ban.subject, count: 0 }]);
  });

  it('is told once where the last of them have been forgotten since', async () => {
    const store = await (await makeBooks()).open();
    await store.saveBan({ ...ban, until: noon + 2 * dayMs });
    await store.saveBan({ ...ban, subject: '192.0.2.2' });
    await store.sweep(ban.until + dayMs);
    expect(await store.banChanges(0)).toMatchObject({ bans: [{ subject: ban.subject }], upTo: 2 });
    expect(await store.banChanges(1)).toEqual(nothing(2));
  });

  it('is told at a start of those that a server of the version before has saved since', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await store.saveBan({ ...ban, subject: '192.0.2.2' });
    await books.sql(`insert into ban (kind, subject, since, until, count)
      values ('address', '192.0.2.9', ${noon}, ${noon + 600_000}, 1)`);
    const { bans } = await store.banChanges(-1);
    expect(bans.map(({ subject }) => subject).sort()).toEqual(['192.0.2.2', '192.0.2.9']);
  });

  it('is told in order, each once, while many are saved at a time', async () => {
    const books = await makeBooks();
    const stores = [await books.open(), await books.open()];
    const subjects = Array.from({ length: 60 }, (_, at) => `192.0.2.${at}`);
    let isOver = false;
    const saved = Promise.all(
      subjects.map((subject, at) => stores[at % 2]!.saveBan({ ...ban, subject })),
    ).then(() => {
      isOver = true;
    });
    const seen: string[] = [];
    for (let upTo = 0, last = false; !last; ) {
      last = isOver;
      const changes = await stores[0]!.banChanges(upTo);
      seen.push(...changes.bans.map(({ subject }) => subject));
      upTo = changes.upTo;
    }
    await saved;
    expect(seen.sort()).toEqual(subjects.sort());
  });

  it('is told from the first change on where the books have been put back, and in parts where it is much', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await store.saveBan(ban);
    expect(await store.banChanges(7)).toEqual({ bans: [ban], upTo: 1, more: false, isAnew: true });
    const numbers = `with recursive n (i) as (select 2 union all select i + 1 from n where i < 1201)`;
    await books.sql(`insert into ban (kind, subject, since, until, count, changed)
      ${numbers} select 'address', 'address ' || i, ${noon}, ${noon}, 1, i from n`);
    await books.sql("update fact set value = '1201' where name = 'bans changed'");
    const parts: number[] = [];
    for (let upTo = 0, more = true; more; ) {
      const changes = await store.banChanges(upTo);
      parts.push(changes.bans.length);
      ({ upTo, more } = changes);
    }
    expect(parts).toEqual([500, 500, 201]);
  });

  it('is told of bans that older tables hold', async () => {
    const books = await makeBooks();
    await (await books.open()).close();
    for (const undo of undoneBefore('0013-ban-changes')) await books.sql(undo);
    for (const at of [1, 2, 3])
      await books.sql(`insert into ban (kind, subject, since, until, count)
        values ('address', '192.0.2.${at}', ${noon - at}, ${noon + 600_000}, 1)`);
    const store = await books.open();
    const { bans, upTo } = await store.banChanges(0);
    expect(bans.map(({ subject }) => subject)).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1']);
    await store.saveBan({ ...ban, count: 2 });
    expect((await store.banChanges(upTo)).bans).toMatchObject([{ subject: '192.0.2.1', count: 2 }]);
  });
});
