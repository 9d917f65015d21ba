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
import type { Config } from './config.ts';
import { makeDataDir } from './dataDir.ts';
import { UserError } from './userError.ts';

export function pepperFile(dataDir: string): string {
  return join(dataDir, 'pepper');
}

/**
 * The secret that key hashes are made with: the setting, or else the file in dataDir, made on the first start.
 * @throws UserError when the file is damaged, or missing although there are keys: with another pepper every
 * one of them would be refused
 */
export async function readPepper(
  { pepper, dataDir }: Pick<Config, 'pepper' | 'dataDir'>,
  hasKeys: () => Promise<boolean>,
): Promise<string> {
  if (pepper !== undefined) return pepper;
  const file = pepperFile(dataDir);
  if (!existsSync(file)) {
    if (await hasKeys()) throw new UserError(`${file} is missing, and without it no key works: put it back`);
    makePepper(file, dataDir);
  }
  return readPepperFile(file);
}

/** @throws UserError when the file is damaged */
export function readPepperFile(file: string): string {
  const text = readFileSync(file, 'utf8').trim();
  if (text.length < 32)
    throw new UserError(`${file} holds no pepper; put the one back that the keys were made with`);
  return text;
}

/** The link is atomic and refuses to replace: a crash or a second process cannot leave half a pepper, or two. */
function makePepper(file: string, dataDir: string): void {
  makeDataDir(dataDir);
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft);
  }
}
