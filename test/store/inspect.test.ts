import { expect, it } from 'vitest';
import { afterEachTest, postgresBooks } from './engines.ts';

const cleanups = afterEachTest();

it('every table without its primary key is shown to doctor, those of later versions too', async () => {
  const books = await postgresBooks(cleanups);
  const store = await books.open();
  const missing = async () => {
    const found = (await store.inspect()).find(({ name }) => name === 'primary keys')!;
    const [, list] = /^missing: (.*); restore/.exec(found.detail) ?? [];
    expect(found.ok).toBe(list === undefined);
    return list?.split(', ').sort() ?? [];
  };
  expect(await missing()).toEqual([]);

  await books.sql('create table later (id bigint)');
  expect(await missing()).toEqual(['later']);
  await books.sql('drop index entry_once');
  expect(await missing()).toEqual(['entry_once', 'later']);

  const keyed = (await books.sql(
    `select conname as key, cast(conrelid::regclass as text) as table from pg_constraint
      where contype = 'p' and connamespace = 'public'::regnamespace`,
  )) as { key: string; table: string }[];
  const tables = keyed.map(({ table }) => table);
  expect(tables).toEqual(expect.arrayContaining(['account', 'entry', 'fact', 'task']));
  for (const { key, table } of keyed) await books.sql(`alter table ${table} drop constraint ${key} cascade`);
  expect(await missing()).toEqual(['entry_once', 'later', ...tables].sort());
});
