import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { peekImage } from '../recognize/peek.ts';
import { UserError } from '../userError.ts';
import { type Puzzle, readPuzzles } from './puzzles.ts';
import { type Row, readTable } from './table.ts';

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

/** The visual puzzles of one generator, likewise. */
export interface PuzzleFamily {
  name: string;
  puzzles: Puzzle[];
}

export interface Families {
  families: Family[];
  puzzleFamilies: PuzzleFamily[];
  /** Names of the folders whose labels are neither texts nor those of a puzzle. */
  skipped: string[];
  /** Rows that say nothing of how images are read, and would count as misses. */
  leftOut: { path: string; why: string }[];
}

/**
 * The families that folders hold: a folder with a labels.tsv is one, any other is a folder of families.
 * @throws UserError for a folder that holds none
 */
export function findFamilies(folders: readonly string[]): Families {
  const found: Families = { families: [], puzzleFamilies: [], skipped: [], leftOut: [] };
  for (const folder of folders.flatMap(familyFolders)) {
    const name = basename(resolve(folder));
    const all = readTable(join(folder, 'labels.tsv'));
    const rows: Row[] = [];
    // Without that column there is nothing to look for.
    for (const row of all[0]?.file === undefined ? [] : all) {
      const path = join(folder, row.file!);
      const why = problemOf(path, row);
      if (why === undefined) rows.push(row);
      else found.leftOut.push({ path, why });
    }
    const puzzles = readPuzzles(folder, rows);
    if (rows[0]?.label !== undefined) found.families.push(toFamily(name, folder, rows));
    else if (puzzles) found.puzzleFamilies.push({ name, puzzles });
    else found.skipped.push(name);
  }
  return found;
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

function problemOf(path: string, { label }: Row): string | undefined {
  if (!isFile(path)) return 'there is no such file';
  if (label === undefined) return undefined; // of a puzzle
  if (label === '') return 'it has no label';
  return peekImage(readFileSync(path)) === undefined ? 'it is no image of a kind that is read' : undefined;
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isFamily = (folder: string) => existsSync(join(folder, 'labels.tsv'));

function toFamily(name: string, folder: string, rows: readonly Row[]): Family {
  const images = rows.map((row) => ({
    path: join(folder, row.file!),
    label: row.label!,
    caseSensitive: row.case_sensitive === '1',
  }));
  return { name, images, arithmetic: rows.some((row) => 'expression' in row) };
}
