import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeDataDir } from './dataDir.ts';
import { giveToOwnerOfFolder, isLinkRefused, syncToDisk } from './disk.ts';
import { fingerprintOf } from './key.ts';
import type { Config } from './settings/config.ts';
import { UserError } from './userError.ts';

type PepperSettings = Pick<Config, 'pepper' | 'dataDir'>;

export function pepperFile(dataDir: string): string {
  return join(dataDir, 'pepper');
}

/** What of a database shows which pepper it needs; a store is one. */
interface PepperedBooks {
  hasKeys(): Promise<boolean>;
  keptPepper(): Promise<string | undefined>;
  keepPepper(fingerprint: string): Promise<string | undefined>;
}

/**
 * The secret that key hashes are made with: the setting, or else the file in dataDir, made on the first start.
 * @throws UserError when it is damaged, or missing or another one although there are keys: every one of them
 * would be refused
 */
export async function readPepper(config: PepperSettings, books: PepperedBooks): Promise<string> {
  const problem = pepperProblem(config, await books.hasKeys(), await books.keptPepper());
  if (problem !== undefined) throw new UserError(problem);
  if (findPepper(config) === undefined) makePepper(config.dataDir);
  const pepper = findPepper(config)!;
  const fingerprint = fingerprintOf(pepper);
  // Not as looked up above: another process may have been first.
  const kept = await books.keepPepper(fingerprint);
  if (kept !== undefined && kept !== fingerprint) throw new UserError(otherPepper(config));
  return pepper;
}

/**
 * Why keys of a database cannot be used with the pepper of this configuration; undefined when they can.
 * @throws UserError when the pepper's file is damaged
 */
export function pepperProblem(
  config: PepperSettings,
  hasKeys: boolean,
  kept: string | undefined,
): string | undefined {
  const pepper = findPepper(config);
  if (!hasKeys) return undefined;
  if (pepper === undefined)
    return `${pepperFile(config.dataDir)} is missing, and without it no key works: put it back`;
  return kept === undefined || kept === fingerprintOf(pepper) ? undefined : otherPepper(config);
}

function findPepper({ pepper, dataDir }: PepperSettings): string | undefined {
  const file = pepperFile(dataDir);
  return pepper ?? (existsSync(file) ? readPepperFile(file) : undefined);
}

function otherPepper({ pepper, dataDir }: PepperSettings): string {
  const where = pepper === undefined ? pepperFile(dataDir) : 'The setting pepper';
  return `${where} is not the pepper that the keys in the database were made with, and with another one no key works: put that one back`;
}

/** @throws UserError when the file is damaged, or belongs to somebody else */
export function readPepperFile(file: string): string {
  const text = readText(file).trim();
  if (text.length < 32)
    throw new UserError(`${file} holds no pepper; put the one back that the keys were made with`);
  return text;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new UserError(`${file} cannot be read: give it to the user that Legible runs as`);
  }
}

/** The link is atomic and refuses to replace: a crash or a second process cannot leave half a pepper, or two. */
function makePepper(dataDir: string): void {
  makeDataDir(dataDir);
  const file = pepperFile(dataDir);
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(descriptor);
    giveToOwnerOfFolder(draft);
    linkSync(draft, file);
    // Keys are durable from their first commit on: what they need must be so before.
    syncToDisk(dataDir);
  } catch (error) {
    // A copy could be cut off, and a rename replace the pepper that another process has begun to make keys with.
    if (isLinkRefused(error))
      throw new UserError(
        `${file} cannot be made on a file system without hard links: give the server a secret of your own (LEGIBLE_PEPPER_FILE names a file that holds it), or name another folder in dataDir (LEGIBLE_DATA_DIR)`,
      );
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft);
  }
}
