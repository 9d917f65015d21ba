import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nodeFlags } from '../nodeFlags.ts';

const address = (path: string) => JSON.stringify(new URL(path, import.meta.url));
const reading = `
  import { readFileSync } from 'node:fs';
  import { RecognizerPool } from ${address('../../src/recognize/pool.ts')};
  const pool = await RecognizerPool.start({ threads: 1, queueLimit: 1, clock: Date });
  const patience = { deadline: Date.now() + 60_000, signal: new AbortController().signal };
  const image = readFileSync(new URL(${address('../../examples/common.png')}));
  const { text } = await pool.read(image, patience);
  await pool.classify(image, patience);
  await pool.stop();
  console.log(text);
`;

/** strace may be missing, or forbidden. */
const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

test('a recognition writes nothing into the home directory and calls nobody', () => {
  const folder = mkdtempSync(join(tmpdir(), 'legible-home-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const trace = join(folder, 'trace');
  const home = mkdtempSync(join(folder, 'home-'));
  const script = join(folder, 'read.mjs');
  writeFileSync(script, reading);
  const node = [process.execPath, ...nodeFlags, script];
  const traced = canTrace
    ? ['strace', '-f', '-qq', '-e', 'trace=connect,sendto', '-o', trace, ...node]
    : node;
  const printed = execFileSync(traced[0]!, traced.slice(1), {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: home },
  });
  expect(printed).toMatch(/^\w+\n$/);
  expect(readdirSync(home, { recursive: true })).toEqual([]);
  if (canTrace) expect(readFileSync(trace, 'utf8')).not.toMatch(/AF_INET/);
});
