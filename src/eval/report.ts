import { spelledOut, table } from '../cli/output.ts';
import { commonestConfusions } from './confusions.ts';
import { type FamilyScore, type Read, trust } from './score.ts';

/** By the names of folders, which may be any. */
type Scores = ReadonlyMap<string, FamilyScore>;

/**
 * What is printed of families of texts: a line each, their mean, how far their confidence is right, what was misread.
 * @param spelled the reads whose labels are what is written: answers of sums do not tell which sign was taken for which
 */
export function textReport(byFamily: Scores, reads: readonly Read[], spelled: readonly Read[]): string {
  const every = [...byFamily.values()];
  const meanOf = (pick: (score: FamilyScore) => number) =>
    (every.reduce((sum, score) => sum + pick(score), 0) / every.length).toFixed(1);
  const rows = Array.from(byFamily, ([name, { n, exact, exactNoCase, ms }]) => [
    name,
    String(n),
    exact.toFixed(1),
    exactNoCase.toFixed(1),
    ms.toFixed(1),
  ]);
  rows.push([
    'mean over families',
    String(reads.length),
    meanOf((score) => score.exact),
    meanOf((score) => score.exactNoCase),
    meanOf((score) => score.ms),
  ]);
  const { ece, answered, rightOfAnswered } = trust(reads);
  const sure =
    answered === 0 ? 'nothing answered' : `${answered} % answered, ${rightOfAnswered} % of them right`;
  const confusions = commonestConfusions(spelled, 20).map(
    ({ is, readAs, count }) => `${spelledOut(is) || 'nothing'} read as ${readAs || 'nothing'}: ${count}`,
  );
  return `${table(['family', 'images', 'exact %', 'any case %', 'ms'], rows)}

Calibration error ${ece} %. At a score of 0.9: ${sure}.
Commonest confusions: ${confusions.join(', ') || 'none'}`;
}

/** The same of families of puzzles. */
export function puzzleReport(byFamily: Scores): string {
  const rows = Array.from(byFamily, ([name, { n, exact, ms }]) => [
    name,
    String(n),
    exact.toFixed(1),
    ms.toFixed(1),
  ]);
  return table(['puzzles', 'n', 'within %', 'ms'], rows);
}
