import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { contactSheet } from '../../src/eval/contactSheet.ts';
import { cardPath, closerModel, textModel } from '../../src/recognize/modelFiles.ts';
import { nodeFlags } from '../nodeFlags.ts';

/** Two images that say 482917, and a row that is told of as soon as they are found. */
function family(label: string): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'legible-vanished-')), 'mine');
  mkdirSync(folder);
  for (const name of ['1.png', '2.png']) copyFileSync('examples/number.png', join(folder, name));
  writeFileSync(join(folder, 'labels.tsv'), `file\tlabel\n1.png\t${label}\n2.png\t${label}\nnone.png\tabc\n`);
  return folder;
}

/** A file at which a process stops until somebody opens it from the other side. */
async function gate(path: string): Promise<string> {
  await promisify(execFile)('mkfifo', [path]);
  return path;
}

/** Lets whoever writes there pass, now and from now on; what was written can be read from it. */
const opened = (path: string) => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);

/** Started, and past the search for images; what it says on standard error is whole when it ends. */
async function started(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [...nodeFlags, `src/eval/${script}`, ...args]);
  const said = text(child.stderr);
  await once(child.stderr, 'data');
  return { said, ended: once(child, 'exit') };
}

test('an image that goes while others are read costs its own row alone', async () => {
  const folder = family('482917');
  // It is opened as soon as images are found, to see whether it can be written.
  const figures = await gate(join(folder, '../figures.json'));
  const { said, ended } = await started('main.ts', '--json', figures, folder);
  rmSync(join(folder, '2.png'));
  const written = opened(figures);
  expect([await ended, await said]).toEqual([
    [0, null],
    expect.stringContaining('2.png: cannot be read (ENOENT); its row is left out'),
  ]);
  expect(JSON.parse(readFileSync(written, 'utf8')).families.mine).toMatchObject({ n: 1, exact: 100 });
});

test('an image that goes while a line is fitted costs its own row alone', async () => {
  const folder = family('482917');
  const model = join(folder, '../text.onnx');
  symlinkSync(textModel, model);
  symlinkSync(closerModel(textModel), closerModel(model));
  const card = await gate(cardPath(model));
  const { said, ended } = await started('calibrate.ts', '--model', model, folder);
  rmSync(join(folder, '2.png'));
  await writeFile(card, readFileSync(cardPath(textModel)));
  opened(card);
  expect([await ended, await said]).toEqual([
    [2, null],
    expect.stringMatching(/2\.png: cannot be read \(ENOENT\); its row is left out\n1 readings of texts:/),
  ]);
});

test('the contact sheet shows what was read of a file that has gone, without its picture', () => {
  const image = { path: 'nowhere/a.png', label: 'abc', caseSensitive: true };
  const html = [...contactSheet(new Map([['mine', [{ image, text: 'abd', confidence: 1 }]]]))].join('');
  expect(html).not.toContain('<img');
  expect(html).toContain('abc<br>\n<b>abd</b>');
});
