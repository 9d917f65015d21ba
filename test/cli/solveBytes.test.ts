import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { legible, scratch } from './legible.ts';

const opened = vi.hoisted(() => [] as string[]);

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const createReadStream = (path: string) => opened.push(path) && fs.createReadStream(path);
  return { ...fs, createReadStream };
});

/** How many files were open when each was looked at. */
const openedBy = vi.hoisted(() => [] as number[]);

vi.mock('../../src/cli/localReader.ts', async (original) => ({
  ...(await original<typeof import('../../src/cli/localReader.ts')>()),
  bytesAtOnce: 100,
  startLocalReader: async () => ({
    solve: async () => ({ text: `text ${openedBy.push(opened.length)}` }),
    stop: async () => {},
  }),
}));

test('no more is open than may be held at once, and what waits for it is printed in its place', async () => {
  const folder = scratch();
  const files = Array.from({ length: 5 }, (_, i) => join(folder, `${i}.png`));
  for (const file of files) writeFileSync(file, 'x'.repeat(30));
  const { out, err } = await legible(['solve', '--threads', '1', ...files], {});
  expect([err, out.match(/\d(?=\.png)/g)]).toEqual(['', ['0', '1', '2', '3', '4']]);
  expect(openedBy[0]).toBe(3);
  expect(openedBy).toHaveLength(5);
});
