// Child process: one bounded load on a loopback address. Standard input: JSON of Load; prints JSON of Measured.
import { json } from 'node:stream/consumers';
import { post, sendAll } from './client.ts';
import type { Load, Measured } from './measure.ts';

const { url, bodies, connections, seconds, headers } = (await json(process.stdin)) as Load;
const at = new URL(url);
const requests = bodies.map((body) => post(at, headers ?? {}, body));
// While the first are on their way, fewer are answered than later: images that take 70 ms came to a tenth too few.
const leadMs = Math.ceil((seconds * 1000) / 3);
const span = { begin: AbortSignal.timeout(leadMs), end: AbortSignal.timeout(leadMs + seconds * 1000) };
const sent = await Promise.all(
  Array.from({ length: connections }, (_, first) => sendAll(at, requests, first, span)),
);
const measured: Measured = {
  perSecond: sent.reduce((sum, { answered }) => sum + answered, 0) / seconds,
  failed: sent.reduce((sum, { failed }) => sum + failed, 0),
};
console.log(JSON.stringify(measured));
