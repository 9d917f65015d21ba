import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { findFamilies } from '../../src/eval/families.ts';
import { nodeFlags } from '../nodeFlags.ts';

function family(labels: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'legible-eval-')), 'mine');
  mkdirSync(folder);
  copyFileSync('examples/number.png', join(folder, '1.png'));
  writeFileSync(join(folder, 'labels.tsv'), labels);
  return folder;
}

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [...nodeFlags, 'src/eval/main.ts', ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error) => error as { code: number; stdout: string; stderr: string },
  );

test('a row whose file is missing is told and left out', () => {
  const folder = family('file\tlabel\n1.png\t482917\n2.png\tabc\n\t\n');
  const { families, missing } = findFamilies([folder]);
  expect(families[0]!.images.map(({ label }) => label)).toEqual(['482917']);
  expect(missing).toEqual([join(folder, '2.png'), folder]);
});

test.each([
  ['labels with other columns', () => [family('file\ttext\n1.png\t482917\n')], 'columns "file" and "label"'],
  ['labels with commas', () => [family('file,label\n1.png,482917\n')], 'columns "file" and "label"'],
  ['a folder that is not there', () => ['nowhere'], 'nowhere holds no labels.tsv'],
  ['an option that is not known', () => ['--mises', 'x', 'examples'], "Unknown option '--mises'"],
])('%s are told in a line, without a stack', async (_, args, said) => {
  const { code, stdout, stderr } = await run(...args());
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).not.toContain('    at ');
});

test('the README of an audit: its command measures what its columns say, and --help tells where they are told', async () => {
  const folder = family('file\tlabel\tcase_sensitive\n1.png\t482917\t1\n');
  const file = join(folder, 'figures.json');
  expect((await run('--json', file, folder)).code).toBe(0);
  expect(JSON.parse(readFileSync(file, 'utf8')).families.mine).toMatchObject({ n: 1, exact: 100 });
  expect((await run('--help')).stdout).toContain('docs/audit.md');
});
