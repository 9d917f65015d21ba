import { UserError } from '../../userError.ts';

const damage = /^SQLITE_(NOTADB|CORRUPT)/;

/** What to do about a damaged file. */
export const damageRemedy = 'put a backup in its place (`legible restore FILE`), and keep the damaged file';

const causes: [RegExp, string][] = [
  [damage, `is damaged: ${damageRemedy}`],
  [
    /^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)/,
    'cannot be written: give it and its folder to the user that Legible runs as, on a file system that takes writes',
  ],
  // SHMSIZE: -shm, which the first to open a database makes, could not grow.
  [/^SQLITE_(FULL|IOERR_SHMSIZE)/, 'cannot be written: its disk is full'],
  [
    /^SQLITE_IOERR/,
    'can be neither read nor written: its disk fails, of which the log of the machine says more',
  ],
  [/^SQLITE_BUSY/, 'is locked by another process'],
];

/** Whether an error of SQLite says that the file is none of its databases, or a broken one. */
export function isDamage(error: unknown): boolean {
  return damage.test(String((error as { code?: unknown }).code));
}

/** What an error of SQLite means to whoever runs Legible, with the file's name; other errors as they are. */
export function explained(error: unknown, file: string): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code !== 'string') return error;
  const cause = causes.find(([pattern]) => pattern.test(code));
  return cause ? new UserError(`${file} ${cause[1]} (${message})`) : error;
}
