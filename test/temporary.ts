import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the tests of one run make their folders, which a test that fails or is stopped does not take away itself. */
export const temporaryDir = join(tmpdir(), `legible-tests-${process.pid}`);

/** Makes that folder for the run, and takes it away with all that is in it. */
export function setup(): () => void {
  mkdirSync(temporaryDir);
  return () => rmSync(temporaryDir, { recursive: true, force: true });
}
