// Runs to its end: how fast the recogniser is without a server around it. In: Question; out: Raw.
import { json } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../src/clock.ts';
import { RecognizerPool } from '../src/recognize/pool.ts';
import { median } from './measure.ts';

export interface Question {
  /** In base64. */
  images: string[];
  threads: number;
  seconds: number;
}

export interface Raw {
  /** Images a second through onnxruntime alone: pictures are decoded before, their scores are thrown away. */
  perSecond: number;
  /** Median time of one reading by an idle pool: decoding, onnxruntime, and what makes text of scores. */
  readP50Ms: number;
  /** Of the images, how many the pool looked at again. */
  again: number;
}

const { images, threads, seconds } = (await json(process.stdin)) as Question;
const bytes = images.map((image) => new Uint8Array(Buffer.from(image, 'base64')));

const pool = await RecognizerPool.start({ threads, queueLimit: images.length, clock: systemClock });
const times: number[] = [];
const views: number[] = [];
for (let begun = performance.now(), i = 0; performance.now() - begun < seconds * 1000 || i < 50; i++) {
  const started = performance.now();
  const options = { deadline: Date.now() + 60_000, signal: new AbortController().signal };
  const reading = await pool.read(bytes[i % bytes.length]!, options);
  times.push(performance.now() - started);
  views[i % bytes.length] = reading.times.views;
}
await pool.stop();

const rates = await Promise.all(
  Array.from({ length: threads }, async () => {
    const worker = new Worker(new URL('./rawThread.ts', import.meta.url), {
      workerData: { bytes, views, seconds },
    });
    return new Promise<number>((resolve, reject) => worker.on('message', resolve).on('error', reject));
  }),
);
const perSecond = rates.reduce((sum, rate) => sum + rate, 0);
const again = views.filter((count) => count > 1).length;
console.log(JSON.stringify({ perSecond, readP50Ms: median(times.slice(10)), again } satisfies Raw));
