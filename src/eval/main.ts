/**
 * npm run eval -- [--json FILE] [--misses FILE.html] [--limit N] [--model FILE] DIR…
 *
 * Reads families of labelled images as the server would, on one thread, and tells how many it reads exactly; of
 * visual puzzles, how many it solves within 3 pixels, 4 degrees, or with all clicks right. The answer comes from
 * the image alone; the label is compared afterwards.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { forAll } from '../cli/forAll.ts';
import { imagesAtOnce, type LocalReader, startLocalReader } from '../cli/localReader.ts';
import { textModel } from '../recognize/modelCard.ts';
import { UserError } from '../userError.ts';
import { contactSheet } from './contactSheet.ts';
import { type Family, findFamilies, type Labelled } from './families.ts';
import { isNoImage, isUnsolved } from './givenUp.ts';
import { limitOf } from './limit.ts';
import { countRight } from './puzzles.ts';
import { puzzleReport, textReport } from './report.ts';
import { type FamilyScore, isRight, meanExact, type Read, scoreFamily, scorePuzzles } from './score.ts';

const usage = `usage: npm run eval -- [--json FILE] [--misses FILE.html] [--limit N] [--model FILE] DIR…

A DIR holds images and a labels.tsv, or folders that do. docs/audit.md tells its columns.`;

const { values, positionals } = orRefuse(() =>
  parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      misses: { type: 'string' },
      model: { type: 'string', default: textModel },
      limit: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  }),
);
if (values.help) {
  console.log(usage);
  process.exit(0);
}
if (positionals.length === 0) refuse(usage);

const limit = limitOf(values.limit);
const { families, puzzleFamilies, skipped, leftOut, unwritable } = orRefuse(() => findFamilies(positionals));
for (const file of [values.json, values.misses]) if (file !== undefined) proveWritable(file);
for (const { path, why } of leftOut) tell(path, why);
for (const { name, labels, characters } of unwritable)
  console.error(
    `${name}: ${labels} labels hold ${characters}, which the model cannot write: they count as misses, whatever the images are like`,
  );
for (const { name, why } of skipped) console.error(`${name}: skipped: ${why}`);
if (families.length + puzzleFamilies.length === 0) refuse('There is nothing to measure.');

const reader = await startLocalReader({ threads: 1, model: values.model });
const scores: Record<string, FamilyScore> = {};
const misses = new Map<string, Read[]>();
const all: Read[] = [];
for (const family of families) {
  family.images.splice(limit);
  const begun = performance.now();
  const read = await forAll(family.images, imagesAtOnce(1), (image) => readOne(reader, family, image));
  const reads = read.filter((one) => one !== undefined);
  scores[family.name] = scoreFamily(reads, performance.now() - begun);
  misses.set(
    family.name,
    reads.filter((one) => !isRight(one)),
  );
  for (const one of reads) all.push(one);
  if (process.stderr.isTTY)
    process.stderr.write(`\r${Object.keys(scores).length}/${families.length} families`);
}
const puzzleScores: Record<string, FamilyScore> = {};
for (const { name, puzzles } of puzzleFamilies) {
  puzzles.splice(limit);
  const begun = performance.now();
  const solved = await countRight(reader, puzzles);
  if (solved.n < puzzles.length)
    console.error(
      `${name}: ${puzzles.length - solved.n} puzzles with an image that cannot be read are left out`,
    );
  puzzleScores[name] = scorePuzzles(solved, performance.now() - begun);
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
await reader.stop();

if (families.length > 0) console.log(textReport(scores, all));
if (puzzleFamilies.length > 0) console.log(puzzleReport(puzzleScores));
if (values.json) {
  const figures = {
    /** Over families of texts; of puzzles where there are no texts. */
    mean: meanExact(Object.values(families.length > 0 ? scores : puzzleScores)),
    families: { ...scores, ...puzzleScores },
  };
  writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
if (values.misses) writeFileSync(values.misses, contactSheet(misses));

function tell(path: string, why: string): void {
  console.error(`${path}: ${why}; its row is left out`);
}

/** Before hours are spent on what it shall hold; an older one stays as it is until then. */
function proveWritable(file: string): void {
  try {
    closeSync(openSync(file, 'a'));
  } catch (error) {
    refuse(`${file} cannot be written: ${(error as Error).message}`);
  }
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** What `step` gives; a mistake of whoever has called us is told in a line. */
function orRefuse<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    const isTheirs =
      error instanceof UserError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    if (!isTheirs) throw error;
    return refuse((error as Error).message);
  }
}

/** Undefined where there is nothing to read, which is told. */
async function readOne(local: LocalReader, family: Family, image: Labelled): Promise<Read | undefined> {
  try {
    const module = family.arithmetic ? 'math' : 'common';
    const solution = await local.solve(readFileSync(image.path), { module });
    return { image, text: String(solution.text), confidence: Number(solution.confidence) };
  } catch (error) {
    if (isUnsolved(error)) return { image, text: '', confidence: 0 };
    if (!isNoImage(error)) throw error;
    tell(image.path, (error.detail ?? error.code).replace(/^task\.body: /, ''));
    return undefined;
  }
}
