import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { findFamilies } from '../../src/eval/families.ts';
import { nodeFlags } from '../nodeFlags.ts';

function family(labels: string, name = 'mine'): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'legible-eval-')), name);
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

/** Root may look into everything. */
function asNobody<T>(look: () => T): T {
  if (process.getuid?.() !== 0) return look();
  process.seteuid!(65534);
  try {
    return look();
  } finally {
    process.seteuid!(0);
  }
}

test('a row that says nothing of how images are read is told and left out, and not counted as a miss', () => {
  const folder = family(
    '\uFEFFfile\tlabel\r\n1.png\t482917\r\n2.png\tabc\r\n\t\r\n3.svg\tAB12\r\n1.png\t\r\n',
  );
  writeFileSync(join(folder, '3.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  const { families, leftOut } = findFamilies([folder]);
  expect(families[0]!.images.map(({ label }) => label)).toEqual(['482917']);
  expect(leftOut).toEqual([
    { path: join(folder, '2.png'), why: 'there is no such file' },
    { path: folder, why: 'there is no such file' },
    { path: join(folder, '3.svg'), why: 'it is no image of a kind that is read' },
    { path: join(folder, '1.png'), why: 'it has no label' },
  ]);
});

test('blanks around a label are none of it; what case_sensitive says must be 1 or 0', () => {
  const folder = family('file \tlabel\tcase_sensitive\n1.png\t482917 \t1 \n1.png\t482917\ttrue\n');
  const { families, leftOut } = findFamilies([folder]);
  expect(families[0]!.images).toEqual([
    { path: join(folder, '1.png'), label: '482917', caseSensitive: true },
  ]);
  expect(leftOut.map(({ why }) => why)).toEqual(['its case_sensitive is true, neither 1 nor 0']);
});

test('families called the same are told apart by their paths', () => {
  const [one, other] = [family('file\tlabel\n1.png\t482917\n'), family('file\tlabel\n1.png\t111111\n')];
  const { families } = findFamilies([one, other, one]);
  expect(families.map(({ name }) => name)).toEqual([one, other]);
});

test('a column that is nearly called as one that counts is told', () => {
  const head = 'file\tlabel\tcase-sensitive\texpresion\tauthor\n1.png\t482917\t1\t\tme\n';
  expect(findFamilies([family(head)]).misspelt).toEqual([
    { name: 'mine', column: 'case-sensitive', known: '; did you mean case_sensitive?' },
    { name: 'mine', column: 'expresion', known: '; did you mean expression?' },
  ]);
});

test('a file that cannot be read is told and left out', () => {
  const folder = family('file\tlabel\nloop.png\tabc\n1.png\t482917\n');
  symlinkSync('loop.png', join(folder, 'loop.png'));
  expect(findFamilies([folder]).leftOut).toEqual([
    { path: join(folder, 'loop.png'), why: 'it cannot be read (ELOOP)' },
  ]);
});

test('of a puzzle the image that is missing is named, and a label that is not used is told', () => {
  const folder = family('file\tpiece\tx\ty\n1.png\tgone.png\t10\t2\n1.png\t1.png\t10\t2\n');
  const { puzzleFamilies, leftOut, misspelt } = findFamilies([folder]);
  expect(puzzleFamilies.map(({ puzzles }) => puzzles.map(({ path }) => path))).toEqual([
    [join(folder, '1.png')],
  ]);
  expect(leftOut).toEqual([
    { path: join(folder, '1.png'), why: 'its piece gone.png: there is no such file' },
  ]);
  expect(misspelt).toEqual([{ name: 'mine', column: 'y', known: ' without a column start_y' }]);
});

test('a folder of images without labels is told beside those that are measured, and other folders are not', () => {
  const mine = family('file\tlabel\n1.png\t482917\n');
  for (const name of ['unlabelled', 'notes']) mkdirSync(join(mine, '..', name));
  copyFileSync('examples/number.png', join(mine, '../unlabelled/1.png'));
  const { families, skipped } = findFamilies([join(mine, '..')]);
  expect(families.map(({ name }) => name)).toEqual(['mine']);
  expect(skipped).toEqual([{ name: join(mine, '../unlabelled'), why: 'it holds images, and no labels.tsv' }]);
});

test('labels that cannot be read are told, and the families beside them are measured', () => {
  const mine = family('file\tlabel\n1.png\t482917\n');
  mkdirSync(join(mine, '../loop'));
  symlinkSync('labels.tsv', join(mine, '../loop/labels.tsv'));
  const { families, skipped } = findFamilies([join(mine, '..')]);
  expect(families.map(({ name }) => name)).toEqual(['mine']);
  expect(skipped).toEqual([{ name: 'loop', why: 'its labels.tsv cannot be read (ELOOP)' }]);
});

test('a link that leads nowhere is told, and the families beside it are measured', () => {
  const mine = family('file\tlabel\n1.png\t482917\n');
  symlinkSync('loop', join(mine, '../loop'));
  const { families, skipped } = findFamilies([join(mine, '..')]);
  expect(families.map(({ name }) => name)).toEqual(['mine']);
  expect(skipped).toEqual([{ name: 'loop', why: 'its labels.tsv cannot be read (ELOOP)' }]);
});

test('a folder that may not be looked into is told, and the families beside it are measured', () => {
  const mine = family('file\tlabel\n1.png\t482917\n');
  const sealed = join(mine, '../sealed');
  mkdirSync(sealed);
  chmodSync(sealed, 0o111);
  chmodSync(join(mine, '..'), 0o755);
  try {
    const { families, skipped } = asNobody(() => findFamilies([join(mine, '..')]));
    expect(families.map(({ name }) => name)).toEqual(['mine']);
    expect(skipped).toEqual([{ name: sealed, why: 'it cannot be looked into (EACCES)' }]);
  } finally {
    chmodSync(sealed, 0o755);
  }
});

test('of a folder so many rows are measured as are asked for, and those behind them are not looked at', () => {
  const labels = 'file\tlabel\ngone.png\tabc\n1.png\t482917\n1.png\t日\nnone.png\tabc\n';
  const puzzles = 'file\tangle\n1.png\tabc\n1.png\t40\n1.png\t50\nnone.png\t40\n';
  const [texts, turns] = [family(labels), family(puzzles, 'turns')];
  const found = findFamilies([texts, turns], 1);
  expect(found.families[0]!.images.map(({ label }) => label)).toEqual(['482917']);
  expect(found.puzzleFamilies[0]!.puzzles).toHaveLength(1);
  expect(found.leftOut).toEqual([
    { path: join(texts, 'gone.png'), why: 'there is no such file' },
    { path: join(turns, '1.png'), why: 'its angle is no number' },
  ]);
  expect(found.unwritable).toEqual([]);
});

test.each(['utf16le', 'utf16be'] as const)('labels in %s, by their byte-order mark', (encoding) => {
  const folder = family('');
  const table = Buffer.from('\uFEFFfile\tlabel\r1.png\t482917\r', 'utf16le');
  writeFileSync(join(folder, 'labels.tsv'), encoding === 'utf16be' ? table.swap16() : table);
  expect(findFamilies([folder]).families[0]!.images.map(({ label }) => label)).toEqual(['482917']);
});

test('labels that no reading can hold are told by their characters', () => {
  const { families, unwritable } = findFamilies([family('file\tlabel\n1.png\tab日c\n1.png\t482917\n')]);
  expect(families[0]!.images).toHaveLength(2);
  expect(unwritable).toEqual([{ name: 'mine', labels: 1, characters: '日' }]);
});

test('a damaged image is told and left out of the figures', async () => {
  const folder = family('file\tlabel\n1.png\t482917\n2.png\tAB12\n');
  writeFileSync(join(folder, '2.png'), readFileSync('examples/number.png').subarray(0, 400));
  const file = join(folder, 'figures.json');
  const { stderr } = await run('--json', file, folder);
  expect(stderr).toContain('2.png: is damaged, or of a kind that is not read; its row is left out');
  expect(JSON.parse(readFileSync(file, 'utf8')).families.mine).toMatchObject({ n: 1, exact: 100 });
});

test('what is told while a bar is shown stands on a line of its own', async () => {
  const turns = family('file\tangle\n1.png\t40\n2.png\t40\n', 'turns');
  const damaged = family('file\tlabel\n1.png\tA\n', 'damaged');
  const half = readFileSync('examples/number.png').subarray(0, 400);
  for (const file of [join(turns, '2.png'), join(damaged, '1.png')]) writeFileSync(file, half);
  vi.stubEnv('TERM', 'xterm');
  vi.stubEnv('NODE_OPTIONS', '--import=data:text/javascript,process.stderr.isTTY=true');
  const { stderr } = await run(damaged, turns);
  vi.unstubAllEnvs();
  expect(stderr).toContain('] 3/3 images');
  const lines = stderr.split('\n').map((line) => line.split('\r').at(-1));
  expect(lines).toEqual([
    `\x1b[K${join(damaged, '1.png')}: is damaged, or of a kind that is not read; its row is left out`,
    '\x1b[Kdamaged: skipped: none of its images can be read',
    `\x1b[K${join(turns, '2.png')}: one of its images is damaged, or of a kind that is not read; its row is left out`,
    '\x1b[K',
  ]);
});

test('what folders, columns and labels are called does not reach the terminal as it is', async () => {
  const nasty = family('file\tlabel\texpresion\x1B[1m\n1.png\ta\x1B]0;b\n', 'fam\x1B[31mily');
  const blank = family('file\tlabel\n7.png\t1\n', 'bl\u202Eank');
  const damaged = family('file\tlabel\n1.png\tA\n', 'd\x1B[2Jamaged');
  writeFileSync(join(damaged, '1.png'), readFileSync('examples/number.png').subarray(0, 400));
  const { stdout, stderr } = await run(nasty, blank, damaged);
  for (const raw of ['\x1B', '\u202E']) expect(stdout + stderr).not.toContain(raw);
  expect(stderr).toContain('family: 1 labels hold U+001B];, which the model cannot write');
  expect(stderr).toContain('bl ank: skipped: none of the 1 rows');
  expect(stderr).toContain('damaged: skipped: none of its images can be read');
  const { stderr: refused } = await run(join(nasty, 'no\x1B[31mthing'));
  expect(refused).toMatch(/nothing holds no labels\.tsv, and no folder that does\.$/m);
});

test('a folder may be called anything: its figures are told in the order in which they were measured', async () => {
  const folders = ['b', '7', '__proto__'].map((name) => family('file\tlabel\n1.png\t482917\n', name));
  const file = join(folders[0]!, 'figures.json');
  const { stdout } = await run('--json', file, ...folders);
  expect(stdout.match(/^\S+(?= +1 )/gm)).toEqual(['b', '7', '__proto__']);
  const { families } = JSON.parse(readFileSync(file, 'utf8'));
  expect(Object.keys(families).sort()).toEqual(['7', '__proto__', 'b']);
});

test('figures that cannot be written are told, and the page of misses is written all the same', async () => {
  const folder = family('file\tlabel\n1.png\tABC\n');
  const misses = join(folder, 'misses.html');
  const { code, stderr, stdout } = await run('--json', '/dev/full', '--misses', misses, folder);
  expect([code, stderr]).toEqual([2, expect.stringContaining('/dev/full could not be written: ENOSPC')]);
  expect(stdout).toContain('mine');
  expect(readFileSync(misses, 'utf8')).toContain('482917');
});

test.each([
  ['labels with other columns', () => [family('file\ttext\n1.png\t482917\n')], 'columns "file" and "label"'],
  ['labels with commas', () => [family('file,label\n1.png,482917\n')], 'columns "file" and "label"'],
  ['a folder that is not there', () => ['nowhere'], 'nowhere holds no labels.tsv'],
  [
    'a sheet of misses in no folder',
    () => ['--misses', '/nowhere/x.html', family('file\tlabel\n1.png\t482917\n')],
    '/nowhere/x.html cannot be written',
  ],
  [
    'figures for a folder',
    () => ['--json', '/tmp', family('file\tlabel\n1.png\t482917\n')],
    '/tmp cannot be written',
  ],
  [
    'figures and misses in one file',
    () => ['--json', '/tmp/both', '--misses', '/tmp/../tmp/both', family('file\tlabel\n1.png\t482917\n')],
    '--json and --misses both name /tmp/both.',
  ],
  [
    'a model that is none',
    () => ['--model', 'examples/number.png', family('file\tlabel\n1.png\t482917\n')],
    '--model examples/number.png is no text model with its card beside it',
  ],
  ['a file for a folder', () => ['examples/number.png'], 'examples/number.png holds no labels.tsv'],
  [
    'rows that all are left out',
    () => [family('file\tlabel\n7.png\t482917\n')],
    'mine: skipped: none of the 1 rows of its labels.tsv can be measured',
  ],
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
