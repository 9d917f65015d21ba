import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { openDatabase } from '../../src/store/sqlite/connection.ts';
import { migrateFile } from '../../src/store/sqlite/migrateFile.ts';
import { openAccount } from './engines.ts';

function folder(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-migrate-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  return dataDir;
}

/** Makes the tables until the statement of this number, at which the process is as good as dead; whether it came to the end. */
async function makeTables(file: string, mostStatements = Number.POSITIVE_INFINITY): Promise<boolean> {
  const database = openDatabase(file);
  const prepare = database.prepare.bind(database);
  let statements = 0;
  database.prepare = ((text: string) => {
    if (++statements > mostStatements) throw new Error('killed');
    return prepare(text);
  }) as typeof database.prepare;
  try {
    await migrateFile(database);
    return true;
  } catch (error) {
    expect((error as Error).message).toBe('killed');
    return false;
  } finally {
    database.close();
  }
}

it('tables whose making was cut off at any statement are made by the next start', async () => {
  const dataDir = folder();
  let cuts = 0;
  while (!(await makeTables(join(dataDir, `${cuts}.db`), cuts))) cuts++;
  expect(cuts).toBeGreaterThan(20);
  for (let cut = 0; cut < cuts; cut++) expect(await makeTables(join(dataDir, `${cut}.db`))).toBe(true);
});

it('several that start at once on an empty folder all find their tables', async () => {
  const dataDir = folder();
  const opened = await Promise.all(
    Array.from({ length: 4 }, () => openStore({ dataDir, databaseUrl: undefined })),
  );
  await openAccount(opened[0]!, 1_000);
  for (const store of opened) expect((await store.listAccounts()).length).toBe(1);
  for (const store of opened) await store.close();
});

it('tables that are up to date are found so while another process writes', async () => {
  const dataDir = folder();
  await (await openStore({ dataDir, databaseUrl: undefined })).close();
  const writer = openDatabase(databaseFile(dataDir));
  writer.exec('BEGIN IMMEDIATE');
  const reader = await openStore({ dataDir, databaseUrl: undefined });
  writer.exec('ROLLBACK');
  writer.close();
  expect(await reader.listAccounts()).toEqual([]);
  await reader.close();
});
