/**
 * npm run eval -- [--json FILE] [--misses FILE.html] [--limit N] [--model FILE] DIR…
 *
 * Reads families of labelled images as the server would, on one thread, and tells how many it reads exactly; of
 * visual puzzles, how many it solves within 3 pixels, 4 degrees, or with all clicks right. The answer comes from
 * the image alone; the label is compared afterwards.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { forAll, imagesAtOnce, type LocalReader, startLocalReader } from '../cli/localReader.ts';
import { table } from '../cli/output.ts';
import { textModel } from '../recognize/modelCard.ts';
import { UserError } from '../userError.ts';
import { commonestConfusions } from './confusions.ts';
import { contactSheet } from './contactSheet.ts';
import { type Family, findFamilies, type Labelled } from './families.ts';
import { isGivenUp } from './givenUp.ts';
import { limitOf } from './limit.ts';
import { countRight } from './puzzles.ts';
import {
  type FamilyScore,
  isRight,
  meanExact,
  type Read,
  scoreFamily,
  scorePuzzles,
  trust,
} from './score.ts';

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
for (const file of [values.json, values.misses])
  if (file !== undefined && !statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory())
    refuse(`${dirname(file)} is not a folder, so that ${file} cannot be written.`);
const { families, puzzleFamilies, skipped, leftOut } = orRefuse(() => findFamilies(positionals));
for (const { path, why } of leftOut) console.error(`${path}: ${why}; its row is left out`);
for (const name of skipped)
  console.error(
    `${name}: skipped: its labels.tsv has no tab-separated columns "file" and "label", nor a puzzle's`,
  );
if (families.length + puzzleFamilies.length === 0) refuse('There is nothing to measure.');

const reader = await startLocalReader({ threads: 1, model: values.model });
const scores: Record<string, FamilyScore> = {};
const misses = new Map<string, Read[]>();
const all: Read[] = [];
for (const family of families) {
  family.images.splice(limit);
  const begun = performance.now();
  const reads = await forAll(family.images, imagesAtOnce(1), (image) => readOne(reader, family, image));
  scores[family.name] = scoreFamily(family, reads, performance.now() - begun);
  misses.set(
    family.name,
    reads.filter((read) => !isRight(read)),
  );
  all.push(...reads);
  if (process.stderr.isTTY)
    process.stderr.write(`\r${Object.keys(scores).length}/${families.length} families`);
}
const puzzleScores: Record<string, FamilyScore> = {};
for (const { name, puzzles } of puzzleFamilies) {
  puzzles.splice(limit);
  const begun = performance.now();
  const right = await countRight(reader, puzzles);
  puzzleScores[name] = scorePuzzles(puzzles.length, right, performance.now() - begun);
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
await reader.stop();

if (families.length > 0) console.log(report(scores, all));
if (puzzleFamilies.length > 0)
  console.log(table(['puzzles', 'n', 'within %', 'ms'], puzzleRows(puzzleScores)));
if (values.json) {
  const figures = {
    /** Over families of texts; of puzzles where there are no texts. */
    mean: meanExact(Object.values(families.length > 0 ? scores : puzzleScores)),
    families: { ...scores, ...puzzleScores },
  };
  writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
if (values.misses) writeFileSync(values.misses, contactSheet(misses));

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

async function readOne(local: LocalReader, { arithmetic }: Family, image: Labelled): Promise<Read> {
  try {
    const solution = await local.solve(readFileSync(image.path), { module: arithmetic ? 'math' : 'common' });
    return { image, text: String(solution.text), confidence: Number(solution.confidence) };
  } catch (error) {
    if (isGivenUp(error)) return { image, text: '', confidence: 0 };
    throw error;
  }
}

function puzzleRows(byFamily: Record<string, FamilyScore>): string[][] {
  return Object.entries(byFamily).map(([name, { n, exact, ms }]) => [
    name,
    String(n),
    exact.toFixed(1),
    ms.toFixed(1),
  ]);
}

function report(byFamily: Record<string, FamilyScore>, reads: Read[]): string {
  const rows = Object.entries(byFamily).map(([name, { n, exact, exactNoCase, ms }]) => [
    name,
    String(n),
    exact.toFixed(1),
    exactNoCase.toFixed(1),
    ms.toFixed(1),
  ]);
  const every = Object.values(byFamily);
  const meanOf = (pick: (score: FamilyScore) => number) =>
    (every.reduce((sum, score) => sum + pick(score), 0) / every.length).toFixed(1);
  rows.push([
    'mean over families',
    String(reads.length),
    meanOf((score) => score.exact),
    meanOf((score) => score.exactNoCase),
    meanOf((score) => score.ms),
  ]);
  const { ece, answered, rightOfAnswered } = trust(reads);
  const confusions = commonestConfusions(reads, 20).map(
    ({ is, readAs, count }) => `${is || 'nothing'} read as ${readAs || 'nothing'}: ${count}`,
  );
  return `${table(['family', 'images', 'exact %', 'any case %', 'ms'], rows)}

Calibration error ${ece} %. At a score of 0.9: ${answered} % answered, ${rightOfAnswered} % of them right.
Commonest confusions: ${confusions.join(', ')}`;
}
