import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from './userError.ts';

/**
 * Makes a folder for its owner alone, and those that it lies in. Not with `recursive`: where mkdir answers
 * ENOENT although the parent is there, as in /proc, Node would try again for ever.
 * @throws UserError naming the folder that cannot be made
 */
export function makeDataDir(path: string): void {
  const folder = resolve(path);
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw unusable(folder, 'is not a folder');
    return;
  }
  makeDataDir(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // Another process was faster.
    throw unusable(folder, `cannot be made (${code})`);
  }
}

function unusable(folder: string, what: string): UserError {
  return new UserError(`${folder} ${what}: name another folder in dataDir (LEGIBLE_DATA_DIR)`);
}
