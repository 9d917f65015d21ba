import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { nodeFlags } from '../nodeFlags.ts';

const run = promisify(execFile);

test.each(['eval/main.ts', 'eval/calibrate.ts'])(
  '%s refuses a --limit that is no number of images',
  async (script) => {
    for (const limit of ['abc', '0', '1.5', 'a\x1b[31mbc']) {
      await expect(
        run(process.execPath, [...nodeFlags, `src/${script}`, '--limit', limit, 'examples']),
      ).rejects.toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(
          `--limit ${limit.replace('\x1b[31m', '')}: It must be a whole number above 0.`,
        ),
      });
    }
  },
);
