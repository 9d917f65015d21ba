import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPepper } from '../pepper.ts';
import type { Config } from '../settings/config.ts';
import { databaseName } from '../settings/databaseUrl.ts';
import { loadConfig } from '../settings/loadConfig.ts';
import type { StoreAdmin } from '../store/admin.ts';
import { isDataDirHeld } from '../store/lock.ts';
import { databaseFile, openStore, type StoreOptions } from '../store/open.ts';
import type { Account, Key } from '../store/records.ts';
import { remnantsProblem } from '../store/sqlite/remnants.ts';
import { explained } from '../store/sqlite/unusable.ts';
import type { Store } from '../store/store.ts';
import { lookAtTables } from '../store/tables.ts';
import { UserError } from '../userError.ts';
import { printable } from './output.ts';
import { tellNote } from './telling.ts';

export interface Session {
  store: Store & StoreAdmin;
  /** Milliseconds since 1970, by the clock that the servers go by. */
  now(): Promise<number>;
  /** Only what makes keys needs it. */
  pepper(): Promise<string>;
}

interface SessionOptions extends Pick<StoreOptions, 'onUnended'> {
  isMade?: boolean;
  isUpgraded?: boolean;
}

/**
 * Opens the store that the server of this configuration uses, beside it if it runs, and closes it again.
 * @throws UserError when there is none, unless `isMade` lets it be made; when its tables are of an older version and
 * a server may be running on them, unless `isUpgraded` says that none is
 */
export async function withStore<T>(
  work: (session: Session) => Promise<T>,
  { isMade = false, isUpgraded = false, ...options }: SessionOptions = {},
): Promise<T> {
  const config = loadConfig();
  const isThere = hasDatabase(config);
  if (!isMade) requireDatabase(config);
  if (!isThere && isDataDirHeld(config.dataDir))
    throw new UserError(
      `A server is running on ${resolve(config.dataDir)}, and its database is not there, or not yet: try again, or stop that first.`,
    );
  const hasTables = isThere && (isUpgraded || (await lookForTables(config, isMade)));
  const store = await openStore(config, options);
  // On standard error: what is made there is found by no server of another folder or database.
  if (!isThere)
    tellNote(printable(`Made a database in ${resolve(config.dataDir)} (dataDir): there was none.`));
  else if (!hasTables) tellNote(printable(`Made the tables in ${databaseOf(config)}: there were none.`));
  try {
    return await work({ store, now: () => timeOf(store), pepper: () => readPepper(config, store) });
  } catch (error) {
    throw explainedBy(config, error);
  } finally {
    await store.close();
  }
}

/** What an error means to whoever runs Legible, where it is one of the file that this configuration keeps its books in. */
export function explainedBy({ databaseUrl, dataDir }: Config, error: unknown): unknown {
  return databaseUrl === undefined ? explained(error, databaseFile(dataDir)) : error;
}

/** @throws UserError when there is none */
export function requireDatabase(config: Config): void {
  if (hasDatabase(config)) return;
  const problem = remnantsProblem(databaseFile(config.dataDir));
  if (problem !== undefined) throw new UserError(problem);
  throw new UserError(
    `There is no database in ${resolve(config.dataDir)} (dataDir); set LEGIBLE_DATA_DIR to the server's.`,
  );
}

/**
 * Whether a database has tables of Legible. Opening a store makes them in whatever database is named, and brings them up
 * to date: under an older server that would be the end of it at its next start.
 */
async function lookForTables(config: Config, isMade: boolean): Promise<boolean> {
  const { done, pending } = await lookAtTables(config);
  const setting = config.databaseUrl === undefined ? 'LEGIBLE_DATA_DIR' : 'LEGIBLE_DATABASE_URL';
  if (done.length === 0 && !isMade)
    throw new UserError(
      `There are no tables of Legible in ${databaseOf(config)}; set ${setting} to the server's.`,
    );
  if (done.length === 0 || pending.length === 0) return done.length > 0;
  const older = `The tables are of an older Legible, without ${pending.join(', ')}`;
  if (config.databaseUrl !== undefined)
    throw new UserError(
      `${older}: start its servers with this version first, or run \`legible doctor --fix\`.`,
    );
  if (isDataDirHeld(config.dataDir))
    throw new UserError(`${older}, and a server is running on them: start that with this version first.`);
  return true;
}

const databaseOf = ({ databaseUrl, dataDir }: Config): string =>
  databaseUrl === undefined
    ? `${resolve(dataDir)} (dataDir)`
    : `the database ${databaseName(databaseUrl)} (databaseUrl)`;

/** In the wrong folder a command would otherwise make an empty database, and report on that. */
function hasDatabase({ databaseUrl, dataDir }: Config): boolean {
  return (
    databaseUrl !== undefined || statSync(databaseFile(dataDir), { throwIfNoEntry: false }) !== undefined
  );
}

/** As the servers of a store judge what is over: where they share PostgreSQL, this machine's own time may be off. */
export async function timeOf(store: Store): Promise<number> {
  return (await store.sharedTime()) ?? Date.now();
}

/** Those that have this id or hint. */
export function keysNamed(keys: readonly Key[], idOrHint: string): Key[] {
  return keys.filter(({ id, hint }) => id === idOrHint || hint === idOrHint);
}

/**
 * A name as it is kept: the same letters may be written in several ways, which look alike.
 * @throws UserError where nothing is left
 */
export function accountName(given: string): string {
  const name = given.normalize('NFC').trim();
  if (name === '') throw new UserError('An account needs a name.');
  return name;
}

/** @throws UserError when there is no such account, or several of this name */
export async function accountOf(store: StoreAdmin, given: string): Promise<Account> {
  const idOrName = accountName(given);
  // Older accounts have their names as they were given.
  const account = (await store.findAccount(idOrName)) ?? (await store.findAccount(given.trim()));
  if (account) return account;
  const { length } = (await store.listAccounts()).filter(({ name }) => name === idOrName);
  if (length > 1)
    throw new UserError(`${length} accounts have this name; use the id: \`legible account list\`.`);
  throw new UserError(`There is no account ${idOrName}; \`legible account list\` shows them.`);
}
