import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile, openStore } from '../../src/store/open.ts';
import { copySqlite } from '../../src/store/sqlite/engine.ts';

export const paidFirst = 10_000_000;
export const paidLater = 5_000_000;

export interface KilledServer {
  dataDir: string;
  /** The database: what was paid in later stands only in the journal beside it. */
  file: string;
  /** A backup made before that. */
  backup: string;
}

/** The folder of a server that was killed after alice had paid in twice. */
export async function killedServer(): Promise<KilledServer> {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  const [living, dataDir, backup] = ['living', 'data', 'backup.sqlite'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const file = databaseFile(living);
  const store = await openStore({ dataDir: living, databaseUrl: undefined });
  const alice = { id: 'alice', name: 'alice', now: 1 };
  await store.createAccount({ ...alice, balance: { amount: paidFirst, note: 'first' } });
  await copySqlite(file, backup);
  await store.close();

  const again = await openStore({ dataDir: living, databaseUrl: undefined });
  const reader = new Database(file, { readonly: true });
  reader.exec('begin; select * from account');
  await again.topUp({ accountId: 'alice', amount: paidLater, note: 'later', now: 2 });
  cpSync(living, dataDir, { recursive: true });
  reader.close();
  await again.close();
  return { dataDir, file: databaseFile(dataDir), backup };
}

/** A copy of such a folder beside it, with the same backup. */
export function anotherOf({ dataDir, backup }: KilledServer, name: string): KilledServer {
  const other = join(dataDir, '..', name);
  cpSync(dataDir, other, { recursive: true });
  return { dataDir: other, file: databaseFile(other), backup };
}

/** What alice has, as the next start finds it. */
export async function paidIn(dataDir: string): Promise<number | undefined> {
  const store = await openStore({ dataDir, databaseUrl: undefined });
  try {
    return (await store.findAccount('alice'))?.posted;
  } finally {
    await store.close();
  }
}
