import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { Found, Proof } from '../proof.ts';
import { search } from './search.ts';

/** One range of counters to look through; the next comes after the answer. */
export type ToThread = { kind: 'search'; proof: Proof; from: number; to: number } | { kind: 'stop' };

export type FromThread = { found: Found | undefined; ms: number } | { failed: string };

const port = parentPort!;

// Linux gives each thread a priority of its own: images, which somebody waits for, come first.
if (process.platform === 'linux') {
  try {
    setPriority(5);
  } catch {
    // Some sandboxes forbid it.
  }
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'stop') return port.close();
  const started = performance.now();
  try {
    const found = search(message.proof, message.from, message.to);
    port.postMessage({ found, ms: performance.now() - started } satisfies FromThread);
  } catch (error) {
    port.postMessage({ failed: String(error) } satisfies FromThread);
  }
});
