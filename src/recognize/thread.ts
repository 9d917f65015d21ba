import { parentPort, workerData } from 'node:worker_threads';
import { loadNet } from './net.ts';
import { type ReadItem, type ReadOutcome, readImages } from './reader.ts';

/** The pool's messages to a thread. One batch at a time: the next comes after `free`. */
export type ToThread = { kind: 'batch'; items: ReadItem[] } | { kind: 'stop' };

/** A thread's messages to the pool; `index` is the item's place in its batch. */
export type FromThread =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'done'; index: number; outcome: ReadOutcome }
  | { kind: 'free' };

// DANGER: never terminate this thread from outside. Ending a thread inside onnxruntime's run() aborts the whole
// process; it ends by closing its port, after the run is over.
const port = parentPort!;
const post = (message: FromThread) => port.postMessage(message);

const net = await loadNet(workerData.model).catch((error: unknown) => {
  post({ kind: 'failed', message: String(error) });
  port.close();
});

if (net) {
  let work = Promise.resolve();
  port.on('message', (message: ToThread) => {
    work = work.then(async () => {
      if (message.kind === 'stop') {
        await net.release();
        port.close();
        return;
      }
      await readImages(net, message.items, (index, outcome) => post({ kind: 'done', index, outcome }));
      post({ kind: 'free' });
    });
  });
  post({ kind: 'ready' });
}
