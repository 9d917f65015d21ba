// Child process: one bounded load on a loopback address. Standard input: JSON of Load; prints JSON of Measured.
import { json } from 'node:stream/consumers';
import autocannon from 'autocannon';
import type { Load, Measured } from './measure.ts';

const { url, bodies, connections, seconds, headers } = (await json(process.stdin)) as Load;
const result = await autocannon({
  url,
  connections,
  duration: seconds,
  timeout: 30,
  requests: bodies.map((body) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })),
});
const measured: Measured = {
  perSecond: result['2xx'] / result.duration,
  failed: result.non2xx + result.errors + result.timeouts,
};
console.log(JSON.stringify(measured));
