import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeFlags } from '../nodeFlags.ts';
import { legible, legibleProcess, startLegible } from './legible.ts';

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const solve = (...args: string[]) => legible(['solve', ...args], {});

test('one file: its text and nothing else', async () => {
  expect(await solve(example('common.png'))).toEqual({ status: 0, out: 'hR4nTe\n', err: '' });
});

test('several files: a line each, in their order; what fails is told on standard error', async () => {
  const files = [example('number.png'), example('make.py'), example('nowhere.png'), example('common.jpg')];
  const { status, out, err } = await solve(...files);
  expect(out).toBe(`${files[0]}: 482917\n${files[3]}: BLUEFISH\n`);
  const problems = err.trimEnd().split('\n');
  expect(problems[0]).toContain('the file: is not a PNG, JPEG, GIF, WebP or BMP image');
  expect(problems[1]).toBe(`${files[2]}: There is no such file`);
  expect(status).toBe(1);
});

test('--json holds the solution as createTask gives it', async () => {
  const { out } = await solve('--json', '--module', 'math', '--details', example('math.png'));
  const [{ file, solution }] = JSON.parse(out);
  expect(file).toBe(example('math.png'));
  expect(solution).toMatchObject({
    text: '42',
    confidence: expect.any(Number),
    characters: expect.any(Array),
  });
  expect(solution.expression).toMatch(/^27\+15/);
});

test('--csv', async () => {
  const { out } = await solve('--csv', example('number.png'), example('make.py'));
  expect(out).toMatch(
    /^file,text,confidence,error\n.*number\.png,482917,0\.\d+,\n.*make\.py,,,ERROR_PARSE_IMAGE_FAIL\n$/,
  );
});

test.each(['no\rwhere.png', 'no\nwhere.png', 'no,where.png', 'no"where.png'])(
  '--csv quotes what would break its lines: %j',
  async (name) => {
    const { out } = await solve('--csv', name);
    const quoted = `"${name.replace('"', '""')}"`;
    expect(out).toBe(`file,text,confidence,error\n${quoted},,,ENOENT\n`);
  },
);

test('what is done is printed before the files after it are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'legible-solve-'));
  const last = join(folder, 'last.png');
  await promisify(execFile)('mkfifo', [last]);
  const { stdout } = startLegible(['solve', '--csv', example('number.png'), last]);
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('file,text,confidence,error');
  expect((await lines.next()).value).toContain('482917');
  writeFileSync(last, readFileSync(example('common.png')));
  expect((await lines.next()).value).toContain('hR4nTe');
});

test('what may occur can be limited', async () => {
  const number = example('number.png');
  const within = await solve('--charset', '124789', '--max-length', '6', number);
  expect([within.status, within.out]).toEqual([0, '482917\n']);
  for (const length of ['--min-length', '--max-length'])
    expect(await solve(length, '0', number)).toEqual({ status: 0, out: '482917\n', err: '' });
  const withoutNine = await solve('--charset', '12478', number);
  expect(withoutNine.status).toBe(1);
  expect([withoutNine.out, withoutNine.err]).toEqual(['', expect.stringContaining('Captcha not recognized')]);
});

test('an image can come from standard input', async () => {
  const { status, out } = await legibleProcess(['solve', '-'], {}, readFileSync(example('common.png')));
  expect([status, out]).toEqual([0, 'hR4nTe\n']);
});

test('what is empty or missing is told by its name', async () => {
  const empty = await legibleProcess(['solve'], {});
  expect([empty.status, empty.out, empty.err]).toEqual([1, '', 'Standard input is empty\n']);
  expect(await solve('nowhere.png')).toEqual({
    status: 1,
    out: '',
    err: 'nowhere.png: There is no such file\n',
  });
});

test('a file that is larger than any image may be is refused by its size, and not read whole', async () => {
  const video = join(mkdtempSync(join(tmpdir(), 'legible-solve-')), 'video\u001b[31m.mp4');
  writeFileSync(video, '');
  truncateSync(video, 3 * 2 ** 30);
  const { status, err } = await solve(video);
  expect([status, err]).toEqual([1, expect.stringContaining('the file: larger than 67108864 bytes')]);
  expect(err).not.toContain('\u001b');
});

test.each([
  ['--module', 'klingon'],
  ['--min-length', '-1'],
  ['--max-length', '00'],
  ['--json', '--csv'],
])('%s %s is refused', async (...args) => {
  const { status, out } = await legibleProcess(['solve', ...args, example('number.png')], {});
  expect(status).not.toBe(0);
  expect(out).toBe('');
});

test.each([
  [['--min-length', '70'], '--min-length: is not from 0 to 60'],
  [['--max-length', '61'], '--max-length: is not from 0 to 60'],
  [['--charset', 'é'], '--charset: holds characters that cannot be read'],
  [['--charset', ''], '--charset: is empty'],
  [['--charset', 'abc', '--module', 'number'], '--charset: holds more than digits, with --module number'],
  [['--min-length', '5', '--max-length', '3'], '--min-length: is above --max-length'],
  [['--details'], '--details only goes with --json.'],
  [['--details', '--csv'], '--details only goes with --json.'],
])('%j is refused in one line, before any image is read', async (args, problem) => {
  expect(await solve(...args, 'nowhere.png')).toEqual({ status: 1, out: '', err: `error: ${problem}\n` });
});

test('where its lines cannot be written it says so once, and reads no further', async () => {
  const names = Array.from({ length: 40 }, () => `'${example('number.png')}'`).join(' ');
  const entry = fileURLToPath(new URL('entry.ts', import.meta.url));
  const line = `'${process.execPath}' ${nodeFlags.join(' ')} '${entry}' solve --threads 1 ${names} > /dev/full`;
  const { code, stderr } = await promisify(execFile)('sh', ['-c', line]).catch((error) => error);
  expect(code).toBe(1);
  expect(stderr.match(/could not be written/g)).toHaveLength(1);
});
