import { parentPort, workerData } from 'node:worker_threads';
import { loadNet, type Net } from './net.ts';
import { readImages } from './reader.ts';
import type { ThreadData } from './startThread.ts';
import { Vision } from './vision.ts';
import type { Item, Outcome } from './work.ts';

/** The pool's messages to a thread. One batch at a time, of one kind: the next comes after `free`. */
export type ToThread = { kind: 'batch'; items: Item[] } | { kind: 'stop' };

/** A thread's messages to the pool; `index` is the item's place in its batch. */
export type FromThread =
  | { kind: 'ready' }
  /** It cannot be used as it is installed. */
  | { kind: 'failed'; message: string }
  | { kind: 'done'; index: number; outcome: Outcome }
  | { kind: 'free' };

// DANGER: never terminate this thread from outside. Ending a thread inside onnxruntime's run() aborts the whole
// process; it ends by closing its port, after the run is over.
const port = parentPort!;
const post = (message: FromThread) => port.postMessage(message);

const { model, card } = workerData as ThreadData;
const net = await loadNet(model, card).catch((error: Error) => {
  post({ kind: 'failed', message: error.message });
  port.close();
});

if (net) {
  const vision = new Vision(net);
  let work = Promise.resolve();
  port.on('message', (message: ToThread) => {
    work = work.then(async () => {
      if (message.kind === 'stop') {
        await net.release();
        await vision.release();
        port.close();
        return;
      }
      await doBatch(net, vision, message.items);
      post({ kind: 'free' });
    });
  });
  post({ kind: 'ready' });
}

async function doBatch(textNet: Net, vision: Vision, items: readonly Item[]): Promise<void> {
  const done = (index: number, outcome: Outcome) => post({ kind: 'done', index, outcome });
  if (items[0]?.work.kind !== 'text') return vision.look(items, done);
  const texts = items.map(({ work, images, budgetMs }) => ({ ...work, image: images[0]!, budgetMs }));
  await readImages(textNet, texts, done);
}
