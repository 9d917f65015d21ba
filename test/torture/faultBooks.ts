import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unlimited } from '../../src/store/admin.ts';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { openDatabase } from '../../src/store/sqlite/connection.ts';
import { account, bundle, newHold, saver } from './faultScript.ts';

export const money = 1_000_000;
export const calls = 1_000;

/** Pages that the journal takes before SQLite writes them into the database: connection.ts. */
const checkpointPages = 4_000;
/** So that the script comes to that in its first half, and in its second begins the journal anew. */
const room = 60;
const pageBytes = 4_096 + 24;

/**
 * Writes into a folder what a server leaves that was killed: tasks under way, one that nobody will ask for again,
 * and a journal that is almost full.
 */
export async function prepareBooks(folder: string): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'legible-books-'));
  try {
    const store = await openStore({ dataDir, databaseUrl: undefined });
    const now = Date.now();
    for (const id of [account, saver]) await store.createAccount({ id, name: id, now });
    await store.topUp({ accountId: account, amount: money, note: 'torture', now });
    const key = { accountId: account, hint: '', label: '', ...unlimited, now };
    await store.createKey({ ...key, id: 'torture', packageId: null, hash: 'torture' });
    const limits = { rateLimit: null, concurrency: null, calls, expiresAt: null };
    await store.createPackage(
      { id: bundle, accountId: account, title: bundle, type: 1, ...limits, now },
      { ...key, id: bundle, packageId: bundle, hash: bundle },
    );
    // Neither over nor forgotten before the last run is.
    const later = now + 86_400_000;
    for (const over of [{}, { state: 'queued', payload: '{}' } as const, { expiresAt: now - 1 }])
      await store.reserve(newHold({ deadline: later, expiresAt: later, ...over }));
    await store.close();
    fillJournal(databaseFile(dataDir), folder);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function fillJournal(file: string, folder: string): void {
  const database = openDatabase(file);
  try {
    database.pragma('wal_autocheckpoint = 0');
    database.pragma('synchronous = OFF');
    const write = database.prepare(
      "insert into fact (name, value) values ('torture', ?) on conflict (name) do update set value = excluded.value",
    );
    const journal = `${file}-wal`;
    write.run('0');
    for (let n = 1; statSync(journal).size < (checkpointPages - room) * pageBytes; n++) write.run(String(n));
    // While it is open: closing would empty the journal.
    for (const part of [file, journal]) cpSync(part, join(folder, part.slice(file.lastIndexOf('/') + 1)));
  } finally {
    database.close();
  }
}
