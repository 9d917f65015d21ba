import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { StoreError } from '../../src/store/engine.ts';
import { databaseFile } from '../../src/store/open.ts';
import { legible, scratch } from './legible.ts';

// A disk that is full behind the making of the tables, and not before, cannot be had by other means.
vi.mock('../../src/running/serve.ts', () => ({
  serve: () => Promise.reject(new StoreError('SQLITE_FULL', 'database or disk is full')),
}));

test('a first start on a disk that is nearly full names the file and what is wrong with it', async () => {
  const dataDir = join(scratch(), 'data');
  expect(await legible(['serve'], { LEGIBLE_DATA_DIR: dataDir })).toMatchObject({
    status: 1,
    err: `error: ${databaseFile(dataDir)} cannot be written: its disk is full (SQLITE_FULL: database or disk is full)\n`,
  });
});
