import { isMainThread } from 'node:worker_threads';

// Preloaded into the server under test: tells what memory is in use after a collection, whenever it is asked.
// What the process holds beside that is garbage not yet collected, which grows with the load and then stays.
if (isMainThread && process.send) {
  process.on('message', () => {
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    process.send?.({ live: heapUsed + external, rss });
  });
  process.channel?.unref();
}
