import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installation, legible, type Outcome, scratch } from './legible.ts';

/** A name that would colour the terminal, and forge a line of ours. */
const nasty = 'n\x1b[31mame\nerror: all is lost';
const tame = 'name error: all is lost';

const linesOf = (text: string) => text.trimEnd().split('\n');

/** What it says, in lines, of which none may be one of the name's own. */
function told({ out, err }: Outcome): string[] {
  expect(out + err).not.toContain('\x1b');
  const lines = linesOf(out + err);
  expect(lines.filter((line) => line.startsWith('error: all'))).toEqual([]);
  return lines;
}

test('a file that cannot be opened is told by its name, which is none for the terminal', async () => {
  const lines = told(await legible(['solve', `/dev/null/${nasty}`], {}));
  expect(lines).toEqual([expect.stringMatching(`^/dev/null/${tame}: ENOTDIR: .*${tame}`)]);
});

test('an account that there is not, likewise', async () => {
  const { run } = installation();
  await run('account', 'create', 'mine');
  expect(told(await run('account', 'show', nasty))).toEqual([
    `error: There is no account ${tame}; \`legible account list\` shows them.`,
  ]);
});

test('a command that there is not, likewise', async () => {
  const { err } = await legible(['acc\x1b[31mount'], {});
  expect(linesOf(err)).toEqual(["error: unknown command 'account'", '(add --help for what is possible)']);
  const { err: misspelt } = await legible(['acount'], {});
  expect(linesOf(misspelt).slice(0, 2)).toEqual([
    "error: unknown command 'acount'",
    '(Did you mean account?)',
  ]);
});

test('mistakes of a configuration stand in a line each, whatever the file is called', async () => {
  const settings = { LEGIBLE_CONFIG: join(scratch(), nasty), LEGIBLE_PORT: 'abc' };
  const lines = told(await legible(['config'], settings));
  expect(lines).toEqual([
    'error: The configuration has 2 mistake(s):',
    expect.stringContaining(tame),
    expect.stringContaining('LEGIBLE_PORT'),
  ]);
});

test('where a database is made, saved and put back, likewise', async () => {
  const folder = join(scratch(), nasty);
  mkdirSync(folder);
  const settings = { LEGIBLE_DATA_DIR: join(folder, 'data') };
  const made = told(await legible(['account', 'create', 'mine'], settings));
  expect(made).toContainEqual(expect.stringMatching(`Made a database in .*${tame}`));
  const file = join(folder, 'backup');
  expect(told(await legible(['backup', file], settings))[0]).toContain(tame);
  expect(told(await legible(['restore', file], settings))).toEqual([
    expect.stringMatching(`^Restored 1 account\\(s\\) from .*${tame}/backup\\.$`),
    expect.stringMatching(`^What stood there before is in .*${tame}`),
  ]);
});
