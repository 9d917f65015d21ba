import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { lettersAndDigits } from '../recognize/language.ts';
import { peekImage } from '../recognize/peek.ts';
import { suggestion } from '../settings/suggestion.ts';
import { UserError } from '../userError.ts';
import { openImage } from './givenUp.ts';
import { imageName, type Puzzle, puzzleKind } from './puzzles.ts';
import { type Row, readTable, type Table } from './table.ts';

/** One labelled image. */
export interface Labelled {
  path: string;
  label: string;
  caseSensitive: boolean;
}

/** The images of one generator: a folder with a labels.tsv. */
export interface Family {
  /** The folder's own, or its whole path where others are called the same. */
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
  /** Folders of which nothing can be measured. */
  skipped: { name: string; why: string }[];
  /** Rows that say nothing of how images are read, and would count as misses. */
  leftOut: { path: string; why: string }[];
  /** Columns that look as if they had a meaning: `expresion` makes misses of all sums, a puzzle's `y` is not looked at. */
  misspelt: { name: string; column: string; known: string }[];
  /** Families with labels that hold characters which no reading can: misses that tell nothing of the images. */
  unwritable: { name: string; labels: number; characters: string }[];
}

/**
 * The families that folders hold: a folder with a labels.tsv is one, any other is a folder of families.
 * @param limit rows of each that are measured at most; those behind them are not looked at
 * @throws UserError for a folder that holds none
 */
export function findFamilies(given: readonly string[], limit = Number.POSITIVE_INFINITY): Families {
  const found: Families = {
    families: [],
    puzzleFamilies: [],
    skipped: [],
    leftOut: [],
    misspelt: [],
    unwritable: [],
  };
  const inside = given.flatMap(foldersOf);
  const folders = new Map(inside.filter(isFamily).map((folder) => [resolve(folder), folder]));
  const times = Map.groupBy(folders.keys(), (path) => basename(path));
  for (const [path, folder] of folders) {
    const short = basename(path);
    const name = times.get(short)!.length > 1 ? folder : short;
    const why = addFamily(found, name, folder, limit);
    if (why !== undefined) found.skipped.push({ name, why });
  }
  for (const folder of inside.filter((folder) => !isFamily(folder))) {
    const why = unlabelled(folder);
    if (why !== undefined) found.skipped.push({ name: folder, why });
  }
  return found;
}

/** The folder itself where it is a family, else those in it. */
function foldersOf(folder: string): string[] {
  if (isFamily(folder)) return [folder];
  const inside = isFolder(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
        .filter(isFolder)
    : [];
  if (!inside.some(isFamily)) throw new UserError(`${folder} holds no labels.tsv, and no folder that does.`);
  return inside;
}

/** Why nothing of it can be measured; undefined where something can. */
function addFamily(found: Families, name: string, folder: string, limit: number): string | undefined {
  let table: Table;
  try {
    table = readTable(join(folder, 'labels.tsv'));
  } catch (error) {
    return `its labels.tsv cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  const kind = table.columns.includes('label') ? texts : puzzleKind(table);
  if (kind === undefined || !table.columns.includes('file'))
    return 'its labels.tsv has no tab-separated columns "file" and "label", nor a puzzle\'s';

  const rows: Row[] = [];
  for (const row of table.rows) {
    if (rows.length === limit) break;
    const why = imagesProblem(folder, row, kind.images) ?? kind.problemOf(row);
    if (why === undefined) rows.push(row);
    else found.leftOut.push({ path: join(folder, row.file!), why });
  }
  if (rows.length === 0) return `none of the ${table.rows.length} rows of its labels.tsv can be measured`;

  if ('toPuzzle' in kind) {
    for (const [column, known] of kind.unused ?? []) found.misspelt.push({ name, column, known });
    const open = (row: Row) => (column: string) => openImage(join(folder, row[column]!));
    const puzzles = rows.map((row) => ({
      ...kind.toPuzzle(row, open(row)),
      path: join(folder, row.file!),
    }));
    found.puzzleFamilies.push({ name, puzzles });
    return undefined;
  }
  for (const column of table.columns.filter((column) => !textColumns.includes(column))) {
    const known = suggestion(column, textColumns);
    if (known !== '') found.misspelt.push({ name, column, known });
  }
  const family = toFamily(name, folder, rows);
  found.families.push(family);
  const strange = family.images.map(({ label }) => unwritten(label, family)).filter(Boolean);
  const characters = [...new Set(strange.join(''))].join('');
  if (strange.length > 0) found.unwritable.push({ name, labels: strange.length, characters });
  return undefined;
}

const textColumns = ['file', 'label', 'case_sensitive', 'expression'];

/** What the rows of a family of texts hold, in the form of the kinds of puzzles. */
const texts = { images: ['file'], problemOf: labelProblem };

/** Of the images that a row names, the first that is no image; the row goes by its `file`. */
function imagesProblem(folder: string, row: Row, columns: readonly string[]): string | undefined {
  for (const column of columns) {
    const problem = imageProblem(join(folder, row[column]!));
    if (problem !== undefined)
      return column === 'file' ? problem : `its ${column} ${row[column]}: ${problem}`;
  }
  return undefined;
}

function imageProblem(path: string): string | undefined {
  try {
    if (!isFile(path)) return 'there is no such file';
    return peekImage(readFileSync(path)) === undefined ? 'it is no image of a kind that is read' : undefined;
  } catch (error) {
    return `it cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

function labelProblem({ label, case_sensitive: isCase = '' }: Row): string | undefined {
  if (label === '') return 'it has no label';
  if (!['', '0', '1'].includes(isCase)) return `its case_sensitive is ${isCase}, neither 1 nor 0`;
  return undefined;
}

/** Those characters of a label that readings of its family never have. */
function unwritten(label: string, { arithmetic }: Family): string {
  const written = arithmetic ? '-0123456789' : lettersAndDigits;
  return Array.from(label)
    .filter((character) => !written.includes(character))
    .join('');
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isFamily = (folder: string) => isFolder(folder) && hasLabels(folder);

/** What may not be looked at is taken for a family, of which it is then told that it cannot be read. */
function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return true;
  }
}

/** One that may not be looked into likewise. */
function hasLabels(folder: string): boolean {
  try {
    return isFile(join(folder, 'labels.tsv'));
  } catch {
    return true;
  }
}

/** Why a folder without labels is worth a word; undefined where it is not. */
function unlabelled(folder: string): string | undefined {
  try {
    const holdsImages = readdirSync(folder).some((name) => imageName.test(name));
    return holdsImages ? 'it holds images, and no labels.tsv' : undefined;
  } catch (error) {
    return `it cannot be looked into (${(error as NodeJS.ErrnoException).code})`;
  }
}

function toFamily(name: string, folder: string, rows: readonly Row[]): Family {
  const images = rows.map((row) => ({
    path: join(folder, row.file!),
    label: row.label!,
    caseSensitive: row.case_sensitive === '1',
  }));
  return { name, images, arithmetic: rows[0]!.expression !== undefined };
}
