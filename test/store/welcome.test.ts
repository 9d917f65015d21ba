import { expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { hashKey } from '../../src/key.ts';
import { welcome } from '../../src/running/welcome.ts';
import { pepper } from '../world.ts';
import { onEachEngine, openAccount } from './engines.ts';

onEachEngine('the first start', (makeBooks) => {
  it('makes one account with a key that works, however many processes start at once', async () => {
    const books = await makeBooks();
    const stores = await Promise.all([books.open(), books.open(), books.open()]);
    const told = await Promise.all(stores.map((store) => welcome(store, pepper, systemClock)));
    const keys = told.filter((key) => key !== undefined);
    expect(keys).toHaveLength(1);
    const [store] = stores;
    const accounts = await store!.listAccounts();
    expect(accounts).toMatchObject([{ name: 'play', posted: 10_000_000 }]);
    expect(await store!.listKeys()).toHaveLength(1);
    const found = await store!.findPrincipal(hashKey(keys[0]!, pepper));
    expect(found?.key.accountId).toBe(accounts[0]!.id);
    expect(await store!.audit(systemClock.now())).toEqual([]);
  });

  it('is no later one, and none where there is an account', async () => {
    const store = await (await makeBooks()).open();
    expect(await welcome(store, pepper, systemClock)).toMatch(/^lgl_/);
    expect(await welcome(store, pepper, systemClock)).toBeUndefined();
    const owned = await (await makeBooks()).open();
    await openAccount(owned, 0);
    expect(await welcome(owned, pepper, systemClock)).toBeUndefined();
    expect(await owned.listAccounts()).toMatchObject([{ name: 'alice' }]);
  });
});
