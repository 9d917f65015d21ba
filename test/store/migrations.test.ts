import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { afterEachTest, noon, onEachEngine, openAccount, postgresBooks } from './engines.ts';

const folder = join(import.meta.dirname, '../../src/store/migrations');

/**
 * What each migration is: a database that has had one never has it again, so that whatever is changed in it later is
 * missing there for good. Where a digest differs, take the change back and make a migration that follows; renew the
 * digest here only where words of a comment or the layout have changed. A new migration gets a line of its own.
 */
const digests: Record<string, string> = {
  '0001-books': '10f79a7a73fe07e5',
  '0002-callbacks': '6b32634eb70e97d5',
  '0003-dialects': 'b256bd1b44eec8a2',
  '0004-test-keys': '8eb3302c1b33680a',
  '0005-idempotency': 'bf94fa52518ff2b1',
  '0006-origins': 'e1effc97ec92b472',
  '0007-deaths': 'c259e3166dc7fd68',
  '0008-checkpoints': 'c3bc4883d96d7873',
  '0009-feedback-age': '38a4f9ed6432845d',
  '0010-feedback-task': '3d08007deaec6197',
  '0011-callback-keys': '6ab2c135f64d0d5d',
  '0012-whole-checkpoints': '8f29198a9960b6ce',
  '0013-ban-changes': '72653cade701bc22',
  '0014-callback-pairs': 'ae382c463056a5af',
  '0015-request-price': '67d36456e8565077',
};

it('no migration is changed once a database may have had it', () => {
  const found = readdirSync(folder).map((name) => {
    const digest = createHash('sha256').update(readFileSync(join(folder, name)));
    return [name.replace('.ts', ''), digest.digest('hex').slice(0, 16)];
  });
  expect(Object.fromEntries(found)).toEqual(digests);
});

onEachEngine('tables in which 0006 had not yet given requests a price', (makeBooks) => {
  it('get one, and answer a request that is sent again', async () => {
    const books = await makeBooks();
    const store = await books.open();
    await openAccount(store, 1_000);
    await store.close();
    await books.sql('alter table idempotency drop column price');
    await books.sql("delete from kysely_migration where name >= '0015'");
    await books.sql(`insert into idempotency (key_id, name, fingerprint, task_id, number, solution, expires_at)
      values ('key-alice', 'name', 'asked', 'task-1', 1, null, ${noon + 1})`);
    const idempotency = { name: 'name', fingerprint: 'asked', expiresAt: noon + 1 };
    expect(await (await books.open()).recall({ keyId: 'key-alice', idempotency, now: noon })).toEqual({
      taskId: 'task-1',
      number: 1,
      price: 0,
      solution: null,
    });
  });
});

const cleanups = afterEachTest();

it('tables that have it get none, also where they stand in another schema than new ones would', async () => {
  const books = await postgresBooks(cleanups);
  await (await books.open()).close();
  // By default that of the user comes first on the search path, once there is one.
  await books.sql('create schema postgres');
  await books.sql("delete from kysely_migration where name >= '0015'");
  await (await books.open()).close();
  expect(await books.sql("select 1 from kysely_migration where name = '0015-request-price'")).toHaveLength(1);
});
