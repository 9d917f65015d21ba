// A thread that gives onnxruntime the pictures which the server would give it, and nothing else to do.
import { parentPort, workerData } from 'node:worker_threads';
import type { Bitmap } from '../src/recognize/bmp.ts';
import { decodeFrames } from '../src/recognize/decode.ts';
import { readModelCard } from '../src/recognize/modelCard.ts';
import { textModel } from '../src/recognize/modelFiles.ts';
import { loadNet } from '../src/recognize/net.ts';
import { peekImage } from '../src/recognize/peek.ts';
import { firstView, furtherViews } from '../src/recognize/views.ts';

/** Pictures of one width are run together; so many of each make batches as full as the server's best. */
const batch = 8;
const { bytes, views, seconds } = workerData as { bytes: Uint8Array[]; views: number[]; seconds: number };

const net = await loadNet(textModel, readModelCard(textModel));
const images = await Promise.all(
  bytes.map(async (image, index) => {
    const [picture] = await decodeFrames(image, peekImage(image)!);
    return { first: firstView(picture!, net.card), more: stagesOf(picture!, views[index]! - 1) };
  }),
);

/** The stages of further looks that hold so many views: those at which the server stopped. */
function stagesOf(picture: Bitmap, count: number): Bitmap[][] {
  const stages: Bitmap[][] = [];
  for (const stage of furtherViews(picture, net.card)) {
    if (stages.flat().length >= count) break;
    stages.push(stage);
  }
  return stages;
}

let done = 0;
const started = performance.now();
while (performance.now() - started < seconds * 1000) {
  const { first, more } = images[(done / batch) % images.length]!;
  await net.score(new Array(batch).fill(first));
  for (let i = 0; i < batch; i++) for (const views of more) await net.scoreCloser(views);
  done += batch;
}
const elapsed = (performance.now() - started) / 1000;
await net.release();
parentPort!.postMessage(done / elapsed);
