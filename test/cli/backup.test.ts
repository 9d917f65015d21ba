import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { databaseFile } from '../../src/store/open.ts';
import { makeBackup } from '../../src/store/sqlite/backup.ts';
import { verifyBackup } from '../../src/store/sqlite/verify.ts';
import { installation } from './legible.ts';

const { folder, settings, run, json } = installation();
const database = databaseFile(settings.LEGIBLE_DATA_DIR);
const namesWith = (start: string) => readdirSync(folder).filter((name) => name.startsWith(start));

beforeAll(async () => {
  await json('account', 'create', 'alice', '--balance', '25');
});

it('a stale journal beside the name of a backup is worked into nothing: that is refused', async () => {
  for (const suffix of ['-wal', '-journal']) {
    writeFileSync(join(folder, `stale${suffix}.sqlite${suffix}`), 'frames');
    const { status, err } = await run('backup', join(folder, `stale${suffix}.sqlite`));
    expect([status, err]).toEqual([1, expect.stringContaining(`${suffix} would be worked into`)]);
    expect(namesWith(`stale${suffix}`)).toEqual([`stale${suffix}.sqlite${suffix}`]);
  }
});

it('two backups to one file at once are one that is whole, and one that is refused', async () => {
  const file = join(folder, 'twice.sqlite');
  const both = await Promise.allSettled([1, 2].map(() => makeBackup(database, file, Date.now())));
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const { reason } = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
  expect(reason.message).toBe(`${file} exists already.`);
  expect(await verifyBackup(file, Date.now())).toMatchObject({ accounts: 1 });
  expect(namesWith('twice')).toEqual(['twice.sqlite']);
});

it('a copy that fails its check gets no name that anybody would take for a backup', async () => {
  const books = new Database(database);
  books.exec('update account set posted = posted + 1');
  const { status, err } = await run('backup', join(folder, 'wrong.sqlite'));
  books.exec('update account set posted = posted - 1');
  books.close();
  expect([status, err]).toEqual([
    1,
    expect.stringContaining(`The books in the copy of ${database} are wrong`),
  ]);
  expect(namesWith('wrong')).toEqual([]);
  expect((await run('backup', join(folder, 'wrong.sqlite'))).status).toBe(0);
});
