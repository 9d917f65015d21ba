import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { example } from '../src/example.ts';
import { startServer } from '../test/torture/serverLoad.ts';
import { ask, median, type Result } from './measure.ts';

const threads = availableParallelism();
const turns = 3;
/** What a start has allocated and no longer needs is given back within so long. */
const restMs = 5_000;

/** What a first start costs, in an empty folder: the time until its first image is read, and the memory it then keeps. */
export async function startBenchmarks(): Promise<Result[]> {
  const models = await ask<number>('models.ts', threads);
  const seconds: number[] = [];
  const megabytes: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const dataDir = await mkdtemp(join(tmpdir(), 'legible-bench-'));
    const begun = performance.now();
    const server = await startServer({ dataDir }, { LEGIBLE_RECOGNIZERS: String(threads) });
    const exited = once(server.child, 'exit');
    try {
      await readExample(server.url, server.firstKey!);
      seconds.push((performance.now() - begun) / 1000);
      await wait(restMs);
      megabytes.push((await residentBytes(server.child.pid!)) / 1e6 - models);
    } finally {
      server.child.kill('SIGTERM');
      await exited;
      await rm(dataDir, { recursive: true });
    }
    console.error(
      `  ${seconds.at(-1)!.toFixed(2)} s, ${megabytes.at(-1)!.toFixed(0)} MB besides ${models.toFixed(0)} of models`,
    );
  }
  return [
    { name: 's from the start to the first image read', ratio: median(seconds), aim: 5 },
    {
      name: `MB at rest besides the models, ${threads} recognition threads`,
      ratio: median(megabytes),
      aim: 300,
    },
  ];
}

async function readExample(url: string, clientKey: string): Promise<void> {
  const body = (await readFile(example.file)).toString('base64');
  const task = { type: 'ImageToTextTask', body };
  const response = await fetch(`${url}/createTask`, {
    method: 'POST',
    body: JSON.stringify({ clientKey, task }),
  });
  if (!response.ok) throw new Error(`the first recognition was refused: ${await response.text()}`);
}

/** What a process holds in memory, pages that it shares with others included. Linux alone tells. */
async function residentBytes(pid: number): Promise<number> {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kibibytes) * 1024;
}
