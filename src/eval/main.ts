/**
 * npm run eval -- [--json FILE] [--misses FILE.html] [--limit N] [--model FILE] DIR…
 *
 * Reads families of labelled images as the server would, on one thread, and tells how many it reads exactly; of
 * visual puzzles, how many it solves within 3 pixels, 4 degrees, or with all clicks right. The answer comes from
 * the image alone; the label is compared afterwards.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { imagesAtOnce, type LocalReader, startLocalReader } from '../cli/localReader.ts';
import { tellLostOutput } from '../cli/lostOutput.ts';
import { progressOf } from '../cli/progress.ts';
import { forAll } from '../forAll.ts';
import { readModelCard } from '../recognize/modelCard.ts';
import { textModel } from '../recognize/modelFiles.ts';
import { contactSheet } from './contactSheet.ts';
import { type Family, findFamilies, type Labelled, type PuzzleFamily } from './families.ts';
import { isNoImage, isUnsolved, openImage, saidOf } from './givenUp.ts';
import { limitOf } from './limit.ts';
import { countRight } from './puzzles.ts';
import {
  argumentsOf,
  orRefuse,
  proveWritable,
  refuse,
  refuseModel,
  tell,
  tellLeftOut,
  tellNotes,
} from './refusals.ts';
import { puzzleReport, textReport } from './report.ts';
import { type FamilyScore, isRight, meanExact, type Read, scoreFamily, scorePuzzles } from './score.ts';

const usage = `usage: npm run eval -- [--json FILE] [--misses FILE.html] [--limit N] [--model FILE] DIR…

A DIR holds images and a labels.tsv, or folders that do. docs/audit.md tells its columns.`;

tellLostOutput();

const { values, positionals } = argumentsOf(usage, {
  json: { type: 'string' },
  misses: { type: 'string' },
  model: { type: 'string' },
  limit: { type: 'string' },
});
const { model = textModel } = values;

const found = orRefuse(() => findFamilies(positionals, limitOf(values.limit)));
const { families, puzzleFamilies } = found;
tellNotes(found);
if (families.length + puzzleFamilies.length === 0) refuse('There is nothing to measure.');
if (values.misses !== undefined && families.length === 0)
  refuse('--misses shows texts that were misread, and there are none to read.');
for (const file of [values.json, values.misses]) if (file !== undefined) proveWritable(file);
if (
  values.json !== undefined &&
  values.misses !== undefined &&
  resolve(values.json) === resolve(values.misses)
)
  refuse(`--json and --misses both name ${values.json}.`);

const reader = await startReader(model);
const progress = progressOf(
  families.reduce((sum, { images }) => sum + images.length, 0) +
    puzzleFamilies.reduce((sum, { puzzles }) => sum + puzzles.length, 0),
  'images',
);
const scores = new Map<string, FamilyScore>();
const misses = new Map<string, Read[]>();
const all: Read[] = [];
const spelled: Read[] = [];
const puzzleScores = new Map<string, FamilyScore>();
try {
  for (const family of families) await measureTexts(family);
  for (const family of puzzleFamilies) await measurePuzzles(family);
} finally {
  await reader.stop();
}
progress.clear();

const [areTexts, arePuzzles] = [scores, puzzleScores].map(({ size }) => size > 0);
if (!areTexts && !arePuzzles) refuse('There is nothing to measure.');
if (areTexts) console.log(textReport(scores, all, spelled));
if (arePuzzles) console.log(puzzleReport(puzzleScores));
if (values.json !== undefined) {
  const figures = {
    /** Over families of texts; of puzzles where there are no texts. */
    mean: meanExact([...(areTexts ? scores : puzzleScores).values()]),
    families: Object.fromEntries([...scores, ...puzzleScores]),
  };
  await write(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
if (values.misses !== undefined) await write(values.misses, contactSheet(misses));

/** What was measured is told already, and the other file shall be written all the same. */
async function write(file: string, content: string | Iterable<string>): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (error) {
    tell(`${file} could not be written: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}

async function startReader(model: string): Promise<LocalReader> {
  try {
    readModelCard(model);
    return await startLocalReader({ threads: 1, model });
  } catch (error) {
    return refuseModel(model, error);
  }
}

async function measureTexts(family: Family): Promise<void> {
  const begun = performance.now();
  const read = await forAll(family.images, imagesAtOnce(1), (image) => readOne(family, image));
  const reads = read.filter((one) => one !== undefined);
  // A family of which nothing was read would weigh on the mean as if all had been misread.
  if (reads.length === 0) return skip(family.name);
  scores.set(family.name, scoreFamily(reads, performance.now() - begun));
  misses.set(
    family.name,
    reads.filter((one) => !isRight(one)),
  );
  for (const one of reads) all.push(one);
  if (!family.arithmetic) for (const one of reads) spelled.push(one);
}

async function measurePuzzles({ name, puzzles }: PuzzleFamily): Promise<void> {
  const begun = performance.now();
  const solved = await countRight(reader, puzzles, ({ path }, noImage) => {
    if (noImage) leaveOut(path, `one of its images ${saidOf(noImage)}`);
    progress.advance();
  });
  if (solved.n === 0) return skip(name);
  puzzleScores.set(name, scorePuzzles(solved, performance.now() - begun));
}

function leaveOut(path: string, why: string): void {
  progress.clear();
  tellLeftOut(path, why);
}

function skip(name: string): void {
  progress.clear();
  tell(`${name}: skipped: none of its images can be read`);
}

/** Undefined where there is nothing to read, which is told. */
async function readOne(family: Family, image: Labelled): Promise<Read | undefined> {
  try {
    const module = family.arithmetic ? 'math' : 'common';
    const solution = await reader.solve(openImage(image.path), { module });
    return { image, text: String(solution.text), confidence: Number(solution.confidence) };
  } catch (error) {
    if (isUnsolved(error)) return { image, text: '', confidence: 0 };
    if (!isNoImage(error)) throw error;
    leaveOut(image.path, saidOf(error));
    return undefined;
  } finally {
    progress.advance();
  }
}
