// A thread that gives onnxruntime the pictures which the server would give it, and nothing else to do.
import { parentPort, workerData } from 'node:worker_threads';
import { decodeFrames } from '../src/recognize/decode.ts';
import { textModel } from '../src/recognize/modelCard.ts';
import { loadNet } from '../src/recognize/net.ts';
import { peekImage } from '../src/recognize/peek.ts';
import { resize, targetWidth } from '../src/recognize/resize.ts';
import { otherViews } from '../src/recognize/secondLook.ts';

const batch = 8;
const { bytes, views, seconds } = workerData as { bytes: Uint8Array[]; views: number[]; seconds: number };

const net = await loadNet(textModel);
const first = [];
const more = [];
for (const [index, image] of bytes.entries()) {
  const [picture] = await decodeFrames(image, peekImage(image)!);
  const { width, height } = picture!;
  first.push(resize(picture!, targetWidth(width, height, net.card), net.card.height));
  if (views[index]! > 1) more.push(otherViews(picture!, net.card));
}

let images = 0;
const started = performance.now();
while (performance.now() - started < seconds * 1000) {
  for (let from = 0; from < first.length; from += batch) await net.score(first.slice(from, from + batch));
  for (const pictures of more) await net.score(pictures);
  images += first.length;
}
const elapsed = (performance.now() - started) / 1000;
await net.release();
parentPort!.postMessage(images / elapsed);
