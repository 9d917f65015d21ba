import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { makeBackup } from '../../src/store/sqlite/backup.ts';
import { restoreBackup } from '../../src/store/sqlite/restore.ts';
import { hold, newKey, noon, openAccount, type TestStore } from './engines.ts';

/** Books of alice, whose key `leaked` is valid in the backup, and what can be done to them. */
async function restorable() {
  const folder = mkdtempSync(join(tmpdir(), 'legible-restore-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [dataDir, backup] = [join(folder, 'data'), join(folder, 'backup.db')];
  const file = databaseFile(dataDir);
  async function opened<T>(work: (store: TestStore) => Promise<T>): Promise<T> {
    const store = await openStore({ dataDir, databaseUrl: undefined });
    return work(store).finally(() => store.close());
  }
  await opened(async (store) => {
    await openAccount(store, 1_000_000);
    await store.createKey(newKey({ id: 'leaked', hash: 'hash-leaked', label: 'leaked' }));
  });
  await makeBackup(file, backup, noon);
  let restores = 0;
  return {
    folder,
    file,
    dataDir,
    opened,
    restore: () => restoreBackup(backup, file, noon + restores++),
    /** The number of a task, and of the line of the ledger that was written last. */
    numbersOf: (taskId: string) =>
      opened(async (store) => {
        await store.reserve(hold({ taskId }));
        const [line] = await store.listEntries('alice', 1);
        return { task: (await store.numberOfTask({ taskId, accountId: 'alice' }))!, line: line!.id };
      }),
  };
}

const leaked = { id: 'leaked', hint: 'lgl_abc…xyz', label: 'leaked' };

it('no number of a task or a line is given out again, however often the same backup is restored', async () => {
  const { restore, numbersOf } = await restorable();
  const first = await numbersOf('first');
  for (const taskId of ['second', 'third']) {
    const before = taskId === 'second' ? first : await numbersOf('between');
    await restore();
    expect(await numbersOf(taskId)).toEqual({ task: before.task + 1, line: before.line + 1 });
  }
});

it('a restore without any task in between raises no number', async () => {
  const { restore, numbersOf, file } = await restorable();
  const first = await numbersOf('first');
  for (let i = 0; i < 3; i++) await restore();
  const restored = new Database(file);
  expect(restored.prepare('select distinct typeof(seq) from sqlite_sequence').pluck().all()).toEqual([
    'integer',
  ]);
  restored.close();
  expect((await numbersOf('second')).task).toBe(first.task + 1);
});

it.each(['gone', 'damaged'])('where the database is %s, numbers go on a million later', async (what) => {
  const { restore, numbersOf, file, opened } = await restorable();
  await numbersOf('lost');
  rmSync(file);
  if (what === 'damaged') writeFileSync(file, 'no database any more');
  await restore();
  const { task } = await numbersOf('next');
  expect(task).toBe(1_000_001);
  // What it has kept is not taken for lost once more.
  await restore();
  expect((await numbersOf('later')).task).toBe(task + 1);
  expect(await opened((store) => store.audit(noon, { whole: true }))).toEqual([]);
});

it('numbers go on after those of a database that an earlier restore has kept', async () => {
  const { restore, numbersOf, file } = await restorable();
  const first = await numbersOf('first');
  await restore();
  rmSync(file);
  await restore();
  expect((await numbersOf('next')).task).toBe(first.task + 1_000_001);
});

it('what is restored is one file, which its next opening finds without a journal', async () => {
  const { restore, numbersOf, dataDir } = await restorable();
  await numbersOf('first');
  await restore();
  const names = readdirSync(dataDir).filter((name) => name.startsWith('legible.db'));
  expect(names.sort()).toEqual(['legible.db', expect.stringMatching(/^legible\.db\.before-.*Z$/)]);
});

it('a revoked key that is valid again is named by each restore, until it is revoked again', async () => {
  const { restore, opened } = await restorable();
  await opened((store) => store.revokeKey('leaked', noon));
  for (let i = 0; i < 3; i++) expect((await restore()).revived).toEqual([leaked]);
  await opened((store) => store.revokeKey('leaked', noon));
  expect(await opened((store) => store.findPrincipal('hash-leaked'))).toMatchObject({
    key: { revokedAt: noon },
  });
});

it('a database that was kept and cannot be read is named by each restore, beside the keys of the others', async () => {
  const { restore, opened, file } = await restorable();
  await opened((store) => store.revokeKey('leaked', noon));
  await restore();
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  writeFileSync(file, 'no database any more');
  const { kept } = await restore();
  expect(await restore()).toMatchObject({ revived: [leaked], unread: [kept] });
});

it('a kept database of somebody else is read as little as a damaged one', async () => {
  const { restore, file, numbersOf } = await restorable();
  rmSync(file);
  new Database(file).exec('create table notes (text)').close();
  const { kept, unread } = await restore();
  expect(unread).toEqual([kept]);
  expect((await numbersOf('next')).task).toBe(1_000_001);
});
