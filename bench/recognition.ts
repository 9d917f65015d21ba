import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ask, median, type Result, run, withServer } from './measure.ts';
import type { Question, Raw } from './raw.ts';

const threads = availableParallelism();
const seconds = 6;
const turns = 3;

/** What the server costs around recognition: throughput when full, and time added to one image when idle. */
export async function recognitionBenchmarks(): Promise<Result[]> {
  return withServer('api.ts', { threads }, async ({ url, key }: { url: string; key: string }) => {
    const of = async (names: RegExp) => compare(`${url}/createTask`, key, await examples(names));
    // Half are looked at again; of the captchas of docs/accuracy.md six in ten are.
    const mixed = await of(/^(common|crossed)\./);
    // What lies around the net weighs most on them, and least on what takes the net many looks.
    const atOnce = await of(/^(common|number|transparent)\./);
    const again = await of(/^crossed\./);
    const name = (images: string) =>
      `recognition of ${images} through the API / raw onnxruntime, ${threads} threads`;
    return [
      { name: name('images half of which are looked at again'), ratio: mixed.ratio, aim: 0.9 },
      { name: name('what is read at first look'), ratio: atOnce.ratio, aim: 0.9 },
      { name: name('what is looked at again'), ratio: again.ratio, aim: 0.9 },
      { name: 'ms that the server adds to one recognition, p50', ratio: atOnce.addedMs, aim: 2 },
    ];
  });
}

/** Throughput through the server as a share of onnxruntime's alone, and the time that it adds; medians of the turns. */
async function compare(url: string, key: string, images: string[]) {
  const bodies = images.map((body) =>
    JSON.stringify({ clientKey: key, task: { type: 'ImageToTextTask', body } }),
  );
  const load = { url, bodies, seconds };
  const ratios: number[] = [];
  const added: number[] = [];
  await oneByOne(load.url, bodies);
  for (let turn = 0; turn < turns; turn++) {
    const full = await run({ ...load, connections: threads * 16 });
    const raw = await ask<Raw>('raw.ts', { images, threads, seconds } satisfies Question);
    const idleMs = await oneByOne(load.url, bodies);
    const [server, alone] = [full.perSecond.toFixed(1), raw.perSecond.toFixed(1)];
    // A better model may become sure of what an older one was not.
    console.error(`  ${raw.again} of ${images.length} images are looked at again`);
    console.error(`  ${server} images/s through the server, ${alone} through onnxruntime alone`);
    console.error(`  p50 ${idleMs.toFixed(1)} ms through the server, ${raw.readP50Ms.toFixed(1)} ms without`);
    ratios.push(full.perSecond / raw.perSecond);
    added.push(idleMs - raw.readP50Ms);
  }
  return { ratio: median(ratios), addedMs: median(added) };
}

/** Median milliseconds of one request after the other. */
async function oneByOne(url: string, bodies: string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let begun = performance.now(), i = 0; performance.now() - begun < seconds * 1000; i++) {
    const started = performance.now();
    const sent = request(url, { method: 'POST', agent }).end(bodies[i % bodies.length]);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const said = await text(answer);
    if (answer.statusCode !== 200) throw new Error(`a recognition was refused: ${said}`);
    times.push(performance.now() - started);
  }
  agent.destroy();
  return median(times);
}

/** Images of one text, in base64: an expression is refused unless its module is asked for. */
async function examples(names: RegExp): Promise<string[]> {
  const folder = fileURLToPath(new URL('../examples/', import.meta.url));
  const files = (await readdir(folder))
    .filter((file) => names.test(file) && /\.(png|jpe?g)$/.test(file))
    .sort();
  return Promise.all(files.map((file) => readFile(folder + file, 'base64')));
}
