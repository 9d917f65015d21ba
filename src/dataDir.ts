import { accessSync, constants, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
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
    if (code === 'EEXIST' && existsSync(folder)) return; // Another process was faster.
    if (code === 'EEXIST') throw unusable(folder, danglingLink);
    throw unusable(folder, `cannot be made (${code})`);
  }
}

/** Why this process can neither use a folder nor make it; undefined where it can. */
export function dataDirProblem(path: string): string | undefined {
  const folder = resolve(path);
  try {
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && lstatSync(folder, { throwIfNoEntry: false })) return `${folder} ${danglingLink}`;
    if (code === 'ENOENT' && folder !== dirname(folder)) return dataDirProblem(dirname(folder));
    return `${folder} may not be entered or written by this user (${code})`;
  }
}

/** Its disk is not mounted, perhaps: data made elsewhere would hide from it. */
const danglingLink = 'is a link to a folder that is not there';

function unusable(folder: string, what: string): UserError {
  return new UserError(`${folder} ${what}: name another folder in dataDir (LEGIBLE_DATA_DIR)`);
}
