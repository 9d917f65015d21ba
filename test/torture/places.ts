import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/settings/config.ts';
import type { EngineName } from '../../src/store/statement.ts';
import { query } from '../store/setup/query.ts';
import { startPostgres } from '../store/setup/start.ts';

/** Where books lie: what a server is told of it. */
export type Place = Pick<Config, 'dataDir' | 'databaseUrl'>;

/** Places for the books of a server and of a bare store, gone after `close`. */
export async function openPlaces(
  engine: EngineName,
): Promise<{ server: Place; store: Place; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'legible-torture-'));
  const postgres = engine === 'postgres' ? await startPostgres() : undefined;

  async function place(name: string): Promise<Place> {
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { mode: 0o700 });
    if (postgres === undefined) return { dataDir, databaseUrl: undefined };
    await query(postgres.url, `create database ${name}`);
    return { dataDir, databaseUrl: postgres.url.replace(/postgres$/, name) };
  }

  async function close(): Promise<void> {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    return { server: await place('server'), store: await place('store'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits until PostgreSQL has noticed that a process was killed: until then it may still commit what that had sent. */
export async function untilForgotten({ databaseUrl }: Place): Promise<void> {
  if (databaseUrl === undefined) return;
  for (;;) {
    const others = await query(
      databaseUrl,
      "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
    );
    if (others.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
