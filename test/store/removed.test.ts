import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { afterEachTest, hold, openAccount, settled, sqliteBooks } from './engines.ts';

const cleanups = afterEachTest();

it('a store whose file is moved away says nothing more, since nobody will ever read what it writes', async () => {
  const books = await sqliteBooks(cleanups);
  const { promise: fatal, resolve } = Promise.withResolvers<Error>();
  const store = await books.open({ onFatal: resolve });
  await openAccount(store, 10_000);
  await store.reserve(hold());
  renameSync(books.where, `${books.where}.moved`);
  expect((await fatal).message).toContain('removed or replaced');
  await expect(store.settle(settled())).rejects.toThrow(/REMOVED/);
  await expect(store.readAccount('alice')).rejects.toThrow(/REMOVED/);
});
