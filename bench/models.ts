// Runs to its end: what the text model takes of memory when so many threads hold it. In: their number; out: MB.
import { json } from 'node:stream/consumers';
import { readModelCard } from '../src/recognize/modelCard.ts';
import { textModel } from '../src/recognize/modelFiles.ts';
import { loadNet, type Net } from '../src/recognize/net.ts';

const threads = (await json(process.stdin)) as number;
// The library itself, and what a first session brings with it, belong to the server.
const card = readModelCard(textModel);
await (await loadNet(textModel, card)).release();
const before = process.memoryUsage.rss();
const nets: Net[] = [];
for (let i = 0; i < threads; i++) {
  const net = await loadNet(textModel, card);
  const picture = (height: number) => ({ width: 144, height, rgb: Buffer.alloc(144 * height * 3) });
  await net.score([picture(net.card.height)]);
  await net.scoreCloser([picture(net.card.tall)]);
  nets.push(net);
}
console.log(JSON.stringify((process.memoryUsage.rss() - before) / 1e6));
for (const net of nets) await net.release();
