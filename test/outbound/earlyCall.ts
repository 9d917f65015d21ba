import { parentPort, workerData } from 'node:worker_threads';
import { caller } from '../../src/outbound/call.ts';
import { Guard } from '../../src/outbound/guard.ts';

/** In a thread of its own: a call that never lets go of its thread could not be given up by the one that waits for it. */
const { port } = workerData as { port: number };
const guard = new Guard({ allow: ['127.0.0.0/8'], ports: [80] });
const limits = { connectMs: 2_000, headersMs: 2_000, totalMs: 4_000, bytes: 1_000 };
const { kind } = await caller(
  guard,
  limits,
)({
  method: 'GET',
  url: guard.parse('http://site.example/')!,
  proxy: { scheme: 'socks5', host: '127.0.0.1', port, login: '', password: '' },
});
parentPort!.postMessage(kind);
