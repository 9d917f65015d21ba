import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../userError.ts';

/** One labelled image. */
export interface Labelled {
  path: string;
  label: string;
  caseSensitive: boolean;
}

/** The images of one generator: a folder with a labels.tsv. */
export interface Family {
  name: string;
  images: Labelled[];
  /** Its images ask for the answer of an expression: labels.tsv has a column `expression`. */
  arithmetic: boolean;
}

/**
 * The families that folders hold: a folder with a labels.tsv is one, any other is a folder of families.
 * @returns also the names of the folders whose labels are no texts (visual puzzles)
 * @throws UserError for a folder that holds none
 */
export function findFamilies(folders: readonly string[]): { families: Family[]; skipped: string[] } {
  const families: Family[] = [];
  const skipped: string[] = [];
  for (const folder of folders.flatMap(familyFolders)) {
    const family = readFamily(folder);
    if (family) families.push(family);
    else skipped.push(basename(resolve(folder)));
  }
  return { families, skipped };
}

function familyFolders(folder: string): string[] {
  if (isFamily(folder)) return [folder];
  const inside = existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : [];
  const found = inside.filter(isFamily);
  if (found.length === 0) throw new UserError(`${folder} holds no labels.tsv, and no folder that does.`);
  return found;
}

const isFamily = (folder: string) => existsSync(join(folder, 'labels.tsv'));

function readFamily(folder: string): Family | undefined {
  const [head = '', ...rows] = readFileSync(join(folder, 'labels.tsv'), 'utf8')
    .split(/\r?\n/)
    .filter(Boolean);
  const columns = head.split('\t');
  const column = (name: string) => columns.indexOf(name);
  if (column('label') < 0) return undefined;
  const images = rows.map((row) => {
    const cells = row.split('\t');
    return {
      path: join(folder, cells[column('file')]!),
      label: cells[column('label')]!,
      caseSensitive: cells[column('case_sensitive')] === '1',
    };
  });
  return { name: basename(resolve(folder)), images, arithmetic: column('expression') >= 0 };
}
