import { expect, it } from 'vitest';
import { hold, noon, onEachEngine, openAccount, settled } from './engines.ts';

onEachEngine('what stands', (makeBooks) => {
  it('is what is under way, and with results what may still be asked for', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    const isAny = (results: boolean) => store.isAnyStanding(noon + 2_000, { results, ofOthers: true });
    expect(await isAny(true)).toBe(false);
    await store.reserve(hold());
    expect(await isAny(false)).toBe(true);
    await store.settle(settled());
    expect(await isAny(false)).toBe(false);
    expect(await isAny(true)).toBe(true);
  });
});

onEachEngine('what another server has under way', (makeBooks) => {
  it('does not stand here, where several share the books, unless it is asked for', async () => {
    const books = await makeBooks();
    if (books.engine === 'sqlite') return;
    const [ours, theirs] = [await books.open(), await books.open()];
    await openAccount(ours, 1_000);
    const isAny = (ofOthers = false) =>
      Promise.all([ours, theirs].map((store) => store.isAnyStanding(noon, { results: true, ofOthers })));
    await theirs.reserve(hold({ state: 'queued', payload: '{}' }));
    expect(await isAny()).toEqual([false, true]);
    expect(await isAny(true)).toEqual([true, true]);
    await ours.take({ now: noon, busyAccounts: [] });
    expect(await isAny()).toEqual([true, false]);
  });
});
