import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface Load {
  url: string;
  /** Sent in turn by each connection. */
  bodies: string[];
  connections: number;
  /** Of counting, after a third more that nothing counts in. */
  seconds: number;
  headers?: Record<string, string>;
}

export interface Measured {
  perSecond: number;
  failed: number;
}

/** One line of the result. `ratio` is of the aim's kind: a share of the baseline, or the unit that its name says. */
export interface Result {
  name: string;
  ratio: number;
  aim: number;
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Starts a server of this folder, which prints JSON of what the load needs as its first line. */
export async function withServer<Ready, T>(
  name: string,
  argument: unknown,
  work: (ready: Ready) => Promise<T>,
): Promise<T> {
  const child = spawn(process.execPath, [...process.execArgv, script(name), JSON.stringify(argument)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // Asked for at once: it may end, by a signal too, before anybody waits for that.
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  try {
    const [line] = (await Promise.race([
      once(createInterface(child.stdout), 'line', { signal: AbortSignal.timeout(60_000) }),
      exited.then(([status, signal]) => {
        throw new Error(`${name} ended with ${status ?? signal} before it was ready`);
      }),
    ])) as [string];
    return await work(JSON.parse(line) as Ready);
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

/** Runs a script of this folder to its end: JSON in on its standard input, JSON out on its standard output. */
export async function ask<T>(name: string, question: unknown): Promise<T> {
  const child = spawn(process.execPath, [...process.execArgv, script(name)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(question));
  const [said, [status, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (status !== 0) throw new Error(`${name} ended with ${status ?? signal}`);
  return JSON.parse(said) as T;
}

/** Runs a load in a process of its own. @throws Error when any request failed: its rate would mean nothing */
export async function run(load: Load): Promise<Measured> {
  const measured = await ask<Measured>('load.ts', load);
  if (measured.failed > 0) throw new Error(`${measured.failed} requests to ${load.url} failed`);
  return measured;
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Median of the ratios of several short turns, subject and baseline by turns: what else the machine does then
 * weighs on both alike.
 */
export async function ratioOf(
  subject: () => Promise<number>,
  baseline: () => Promise<number>,
  turns = 5,
): Promise<number> {
  await baseline();
  await subject();
  const ratios: number[] = [];
  for (let turn = 0; turn < turns; turn++) ratios.push((await subject()) / (await baseline()));
  return median(ratios);
}
