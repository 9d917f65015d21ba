// A thread that gives onnxruntime the pictures which the server would give it, and nothing else to do.
import { parentPort, workerData } from 'node:worker_threads';
import { decodeFrames } from '../src/recognize/decode.ts';
import { textModel } from '../src/recognize/modelCard.ts';
import { loadNet } from '../src/recognize/net.ts';
import { peekImage } from '../src/recognize/peek.ts';
import { firstView, otherViews } from '../src/recognize/views.ts';

/** Pictures of one width are run together; so many of each make batches as full as the server's best. */
const batch = 8;
const { bytes, views, seconds } = workerData as { bytes: Uint8Array[]; views: number[]; seconds: number };

const net = await loadNet(textModel);
const images = await Promise.all(
  bytes.map(async (image, index) => {
    const [picture] = await decodeFrames(image, peekImage(image)!);
    const first = firstView(picture!, net.card);
    return { first, more: views[index]! > 1 ? otherViews(picture!, net.card) : [] };
  }),
);

let done = 0;
const started = performance.now();
while (performance.now() - started < seconds * 1000) {
  const { first, more } = images[(done / batch) % images.length]!;
  await net.score(new Array(batch).fill(first));
  for (let i = 0; i < batch && more.length > 0; i++) await net.scoreCloser(more);
  done += batch;
}
const elapsed = (performance.now() - started) / 1000;
await net.release();
parentPort!.postMessage(done / elapsed);
