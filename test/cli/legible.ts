import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { databaseFile } from '../../src/store/open.ts';
import { nodeFlags } from '../nodeFlags.ts';

const entry = fileURLToPath(new URL('./entry.ts', import.meta.url));

/** A folder of this test file's own, gone when it is over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'legible-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Nothing of the surroundings, such as somebody's own LEGIBLE_ variables, comes in. */
export function environment(settings: Record<string, string>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...settings };
}

export interface Outcome {
  status: number | null;
  out: string;
  err: string;
}

/** Of the surroundings nothing but these settings is seen in this process either, until `vi.unstubAllEnvs`. */
export function stubSettings(settings: Record<string, string>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('LEGIBLE_')) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
}

/** Runs the command line in this process, which is ten times faster than in one of its own. */
export async function legible(args: string[], settings: Record<string, string>): Promise<Outcome> {
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  const raw = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  stubSettings(settings);
  process.exitCode = 0;
  try {
    await run(['node', 'legible', ...args]);
    const lines = (calls: unknown[][]) => calls.map(([line]) => `${line}\n`).join('');
    return {
      status: Number(process.exitCode),
      out: lines(out.mock.calls),
      err: lines(err.mock.calls) + raw.mock.calls.map(([chunk]) => chunk).join(''),
    };
  } finally {
    process.exitCode = 0;
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  }
}

/** Starts it in a process of its own. */
export function startLegible(args: string[], settings: Record<string, string> = {}) {
  return spawn(process.execPath, [...nodeFlags, entry, ...args], { env: environment(settings) });
}

/** Runs it in a process of its own, as from a shell. */
export async function legibleProcess(
  args: string[],
  settings: Record<string, string>,
  input: string | Buffer = '',
): Promise<Outcome> {
  const child = startLegible(args, settings);
  child.stdin.end(input);
  const [out, err, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, out, err };
}

/** The same before a reader that reads nothing, or into a file that may take nothing; what it has to say besides. */
export async function legibleUnread(
  args: string[],
  settings: Record<string, string> = {},
  output: 'pipe' | number = 'pipe',
): Promise<Omit<Outcome, 'out'>> {
  const child = spawn(process.execPath, [...nodeFlags, entry, ...args], {
    env: environment(settings),
    stdio: ['ignore', output, 'pipe'],
  });
  child.stdout?.destroy();
  const [err, [status]] = await Promise.all([
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status, err };
}

/** A data directory of its own, and the commands run on it: `json` gives what a command that succeeds prints. */
export function installation() {
  const folder = scratch();
  const settings = { LEGIBLE_DATA_DIR: join(folder, 'data') };
  const run = (...args: string[]) => legible(args, settings);
  async function json(...args: string[]) {
    const isFirst = !existsSync(databaseFile(settings.LEGIBLE_DATA_DIR));
    const { status, out, err } = await run(...args, '--json');
    const note = `Made a database in ${settings.LEGIBLE_DATA_DIR} (dataDir): there was none.`;
    expect(err).toBe(isFirst ? `${JSON.stringify({ note })}\n` : '');
    expect(status).toBe(0);
    return JSON.parse(out);
  }
  return { folder, settings, run, json };
}
