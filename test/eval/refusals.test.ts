import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nodeFlags } from '../nodeFlags.ts';

const run = promisify(execFile);
const empty = mkdtempSync(join(tmpdir(), 'legible-refusals-'));

describe.each(['eval/main.ts', 'eval/calibrate.ts'])('%s', (script) => {
  const start = (...args: string[]) => run(process.execPath, [...nodeFlags, `src/${script}`, ...args]);

  it.each([
    ['an unknown option', ['--foo', empty], /^Unknown option '--foo'/],
    ['a folder without labels', [empty], /holds no labels\.tsv, and no folder that does\.$/],
    ['no folder', [], /^usage: npm run /],
  ])('tells of %s in a line', async (_, args, said) => {
    const { code, stdout, stderr } = await start(...args).catch((error) => error);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')[0]).toMatch(said);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('tells how it is called', async () => {
    expect((await start('-h')).stdout).toMatch(/^usage: npm run /);
  });
});
