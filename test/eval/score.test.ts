import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { VisionTask } from '../../src/cli/localReader.ts';
import type { ErrorCode } from '../../src/errors.ts';
import { commonestConfusions } from '../../src/eval/confusions.ts';
import { contactSheet as piecesOf } from '../../src/eval/contactSheet.ts';
import { findFamilies } from '../../src/eval/families.ts';
import { countRight, type Puzzle } from '../../src/eval/puzzles.ts';
import { textReport } from '../../src/eval/report.ts';
import { meanExact, type Read, scoreFamily, trust } from '../../src/eval/score.ts';
import { Fault } from '../../src/fault.ts';

const read = (label: string, text: string, caseSensitive = false, confidence = 1): Read => ({
  image: { path: '', label, caseSensitive },
  text,
  confidence,
});

test('right is as labelled: letter case counts only where the label says so', () => {
  const reads = [read('aB', 'AB'), read('aB', 'AB', true), read('aB', 'aB', true), read('aB', '', true)];
  expect(scoreFamily(reads, 40)).toEqual({ n: 4, exact: 50, exactNoCase: 75, ms: 10 });
});

test('every family counts the same in the mean', () => {
  const family = (n: number, exact: number) => ({ n, exact, exactNoCase: 0, ms: 0 });
  expect(meanExact([family(1000, 90), family(10, 40)])).toBe(65);
});

test('trust: how far what is said is from what is so', () => {
  const reads = [
    read('a', 'a', true, 0.95),
    read('a', 'a', true, 0.95),
    read('a', 'b', true, 0.95),
    read('a', 'b', true, 0.15),
  ];
  // |3 × .95 − 2| + |.15 − 0|, over 4
  expect(trust(reads)).toEqual({ ece: 25, answered: 75, rightOfAnswered: 66.67 });
});

const scored = new Map([['mine', { n: 1, exact: 100, exactNoCase: 100, ms: 1 }]]);

test('where nothing is answered, nothing is said of how many are right', () => {
  const report = textReport(scored, [read('a', 'a', true, 0.5)], []);
  expect(report).toContain('At a score of 0.9: nothing answered.');
});

test('answers of sums count for trust, but tell nothing of which signs are confused', () => {
  const letters = [read('abc', 'abd', true, 0.95)];
  const report = textReport(scored, [...letters, read('8', '11', true, 0.95)], letters);
  expect(report).toContain('100 % answered, 0 % of them right');
  expect(report).toContain('Commonest confusions: c read as d: 1');
  expect(report).not.toContain('8 read as');
});

test('a character that would move the cursor is told by its number', () => {
  const report = textReport(scored, [], [read('a\u001B[2J', 'a[2J', true), read('\u202Eb', 'b', true)]);
  expect(report).toContain('U+001B read as nothing: 1, U+202E read as nothing: 1');
  for (const raw of ['\u001B', '\u202E']) expect(report).not.toContain(raw);
});

test('confusions are found along the cheapest alignment', () => {
  const reads = [read('abcde', 'abde'), read('O1O', '010', true), read('xyz', 'xyzz'), read('OK', '0k')];
  expect(commonestConfusions(reads, 3)).toEqual([
    { is: 'O', readAs: '0', count: 2 },
    { is: 'c', readAs: '', count: 1 },
    { is: '', readAs: 'z', count: 1 },
  ]);
});

test('families are folders with labels, each once, or the folders in a folder; unknown labels are skipped', async () => {
  const root = mkdtempSync(join(tmpdir(), 'families-'));
  for (const [name, text] of [
    ['plain', 'file\tlabel\tcase_sensitive\n1.png\tab"c\t1\n2.png\tDEF\t0\n'],
    ['sums', 'file\tlabel\tcase_sensitive\texpression\r\n1.png\t7\t0\t3+4\r\n'],
    ['points', 'file\tpoint\n1.jpg\t1,2\n'],
  ] as const) {
    await mkdir(join(root, name));
    writeFileSync(join(root, name, 'labels.tsv'), text);
    for (const file of ['1.png', '2.png', '1.jpg'])
      copyFileSync('examples/number.png', join(root, name, file));
  }
  const { families, skipped } = findFamilies([root, join(root, 'plain')]);
  expect(families.map(({ name, arithmetic, images }) => [name, arithmetic, images.length])).toEqual([
    ['plain', false, 2],
    ['sums', true, 1],
  ]);
  expect(families[0]!.images[0]).toEqual({
    path: join(root, 'plain', '1.png'),
    label: 'ab"c',
    caseSensitive: true,
  });
  expect(skipped.map(({ name }) => name)).toEqual(['points']);
  expect(() => findFamilies([join(root, 'nowhere')])).toThrow('holds no labels.tsv');
});

test('puzzles are told by their columns, and right within 3 pixels, 4 degrees, all boxes in order', async () => {
  const root = mkdtempSync(join(tmpdir(), 'families-'));
  for (const [name, text] of [
    ['strip', 'file\tpiece\tx\ty\n1.jpg\tp.png\t50\t7\n'],
    ['free', 'file\tpiece\tx\ty\tstart_y\n1.jpg\tp.png\t50\t7\t90\n'],
    ['turn', 'file\tinner\tangle\n1.jpg\tp.png\t358\n'],
    ['alone', 'file\tangle\n1.jpg\t40\n'],
    ['click', 'file\tthumb\ttargets\n1.jpg\tp.png\t[{"x":0,"y":0,"w":9,"h":9},{"x":20,"y":0,"w":9,"h":9}]\n'],
  ] as const) {
    await mkdir(join(root, name));
    writeFileSync(join(root, name, 'labels.tsv'), text);
    copyFileSync('examples/common.jpg', join(root, name, '1.jpg'));
    copyFileSync('examples/number.png', join(root, name, 'p.png'));
  }
  const { puzzleFamilies, skipped } = findFamilies([root]);
  expect(skipped).toEqual([]);
  const [jpg, png] = [readFileSync('examples/common.jpg'), readFileSync('examples/number.png')];
  const of = Object.fromEntries(puzzleFamilies.map(({ name, puzzles }) => [name, puzzles[0]!]));
  expect(of.strip!.task()).toEqual({
    module: 'slider_1',
    image: png,
    imageBackground: jpg,
  });
  expect(of.click!.task()).toMatchObject({ image: jpg, imagePrompt: png });
  expect([of.strip!.isRight({ distance: 53 }), of.strip!.isRight({ distance: 54 })]).toEqual([true, false]);
  expect([of.free!.isRight({ box: [53, 4] }), of.free!.isRight({ box: [50, 11] })]).toEqual([true, false]);
  expect([of.turn!.isRight({ angle: 2 }), of.turn!.isRight({ angle: 3 })]).toEqual([true, false]);
  expect(of.alone!.task()).toEqual({ module: 'rotate_1', image: jpg });
  expect([of.alone!.isRight({ angle: 44 }), of.alone!.isRight({ angle: 45 })]).toEqual([true, false]);
  const points = (...list: number[][]) => of.click!.isRight({ points: list });
  expect(points([5, 5], [25, 5])).toBe(true);
  expect(points([25, 5], [5, 5])).toBe(false);
  expect(points([5, 5])).toBe(false);
});

test.each([
  ['an angle that is none', 'file\tinner\tangle\n1.jpg\tp.png\tabc\n', 'its angle is no number'],
  ['no second image', 'file\tpiece\tx\n1.jpg\tnone.png\t50\n', 'there is no such file'],
  ['targets cut off', 'file\tthumb\ttargets\n1.jpg\tp.png\t[{"x":0\n', 'its targets are no JSON of boxes'],
])('a puzzle with %s is told and left out, the next is measured', (_, text, why) => {
  const root = mkdtempSync(join(tmpdir(), 'families-'));
  const good = text
    .split('\n')[1]!
    .replace('abc', '9')
    .replace('none', 'p')
    .replace('[{"x":0', '[{"x":0,"y":0,"w":9,"h":9}]');
  writeFileSync(join(root, 'labels.tsv'), `${text}${good}\n`);
  copyFileSync('examples/common.jpg', join(root, '1.jpg'));
  copyFileSync('examples/number.png', join(root, 'p.png'));
  const { puzzleFamilies, leftOut } = findFamilies([root]);
  expect(leftOut).toEqual([{ path: join(root, '1.jpg'), why: expect.stringContaining(why) }]);
  expect(puzzleFamilies[0]!.puzzles).toHaveLength(1);
});

const contactSheet = (misses: Map<string, Read[]>) => [...piecesOf(misses)].join('');

test('the contact sheet holds the images themselves, and texts as texts', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sheet-')), 'a.png');
  writeFileSync(path, 'PNG');
  const html = contactSheet(
    new Map([
      ['<b>', [{ ...read('<script>', '&'), image: { path, label: '<script>', caseSensitive: true } }]],
    ]),
  );
  expect(html).toContain('data:image/png;base64,UE5H');
  expect(html).not.toContain('<script>');
  expect(html).toContain('&#60;script&#62;');
});

test('the contact sheet fits a narrow screen, and a label turns no caption round', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sheet-')), 'a.png');
  writeFileSync(path, 'PNG');
  const image = { path, label: 'ab\u202Ecd', caseSensitive: true };
  const html = contactSheet(new Map([['mi\u202Ene', [{ ...read('', 'x'), image }]]]));
  expect(html).toContain('<figcaption>ab cd<br>');
  expect(html).not.toContain('\u202E');
  expect(html).toContain('<meta name="viewport" content="width=device-width');
});

test('a puzzle that is given up counts as wrong, one with a damaged image not at all; a fault that is not its own ends the measuring', async () => {
  const task = () => ({ module: 'slider_1', image: Buffer.alloc(0) });
  const puzzle = { path: '1.png', task, isRight: () => true };
  const readerOf = (code: ErrorCode) => ({ see: async () => Promise.reject(new Fault(code)) }) as never;
  expect(await countRight(readerOf('ERROR_CAPTCHA_UNSOLVABLE'), [puzzle])).toEqual({ n: 1, right: 0 });
  expect(await countRight(readerOf('ERROR_PARSE_IMAGE_FAIL'), [puzzle])).toEqual({ n: 0, right: 0 });
  await expect(countRight(readerOf('ERROR_SERVICE_UNAVALIABLE'), [puzzle])).rejects.toBeInstanceOf(Fault);
  const told: unknown[] = [];
  for (const code of ['ERROR_CAPTCHA_UNSOLVABLE', 'ERROR_PARSE_IMAGE_FAIL'] as const)
    await countRight(readerOf(code), [puzzle], ({ path }, noImage) => told.push([path, noImage?.code]));
  expect(told).toEqual([
    ['1.png', undefined],
    ['1.png', 'ERROR_PARSE_IMAGE_FAIL'],
  ]);
});

test('the images of a puzzle are opened when it is solved: where they have gone it does not count', async () => {
  const root = mkdtempSync(join(tmpdir(), 'families-'));
  writeFileSync(join(root, 'labels.tsv'), 'file\tangle\n1.png\t40\n2.png\t40\n');
  for (const name of ['1.png', '2.png']) copyFileSync('examples/number.png', join(root, name));
  const { puzzles } = findFamilies([root]).puzzleFamilies[0]!;
  rmSync(join(root, '2.png'));
  copyFileSync('examples/common.png', join(root, '1.png'));
  const seen: VisionTask[] = [];
  const reader = { see: async (task: VisionTask) => seen.push(task) && { angle: 40 } } as never;
  const told: unknown[] = [];
  const done = ({ path }: Puzzle, noImage?: Fault) => told.push([path, noImage?.detail]);
  expect(await countRight(reader, puzzles, done)).toEqual({ n: 1, right: 1 });
  expect(seen).toEqual([{ module: 'rotate_1', image: readFileSync('examples/common.png') }]);
  expect(told).toEqual([
    [join(root, '1.png'), undefined],
    [join(root, '2.png'), 'the file: cannot be read (ENOENT)'],
  ]);
});
