import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pepperFile } from '../../pepper.ts';
import { standingUnder } from './header.ts';
import { journals } from './journals.ts';

const remedy = 'put it back, or a backup in its place (`legible restore FILE`)';

/**
 * Why a database that is gone, empty or damaged may not be opened while its journal or pepper is left: SQLite would remove
 * the journal, and the start make new books. Undefined where it is there, or nothing has ever been in it.
 */
export function remnantsProblem(file: string): string | undefined {
  const standing = standingUnder(file);
  if (standing === 'database' || standing === 'unreadable') return undefined;
  if (standing === 'placeholder')
    return `${file} is not there: a \`legible restore FILE\` was cut off. Run it again; what stood there before is kept beside it, under a name with .before-`;
  if (standing === 'missing' && lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    return `${file} is a link to a file that is not there: ${remedy}`;
  const place = standing === 'missing' ? file : realpathSync(file);
  const [left] = journals.map((suffix) => place + suffix).filter((name) => isLeft(name, standing));
  if (left !== undefined)
    return `${file} ${what[standing]}, and ${left}, which its last commits may be in, is left: ${remedy}; to begin anew, move both away`;
  const pepper = pepperFile(dirname(file));
  // A first start makes the pepper after its tables: one that was killed leaves an empty file beside it only where the
  // pepper had been brought.
  if (standing === 'empty' && existsSync(pepper))
    return `${file} is empty, and ${pepper}, which keys may have been made with, is left: ${remedy}, or remove the empty file to begin anew`;
  return undefined;
}

const what = { missing: 'has been moved away', empty: 'is empty', other: 'is damaged' };

/** The first page of a new database goes through -journal, so that a first start that was killed leaves that as well. */
function isLeft(journal: string, standing: keyof typeof what): boolean {
  if (standing === 'empty' && journal.endsWith('-journal')) return false;
  return (statSync(journal, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
