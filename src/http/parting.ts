import type { Server } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Longer than a request needs to arrive on a connection that its client took for open. */
const lingerMs = 500;

/** How long a request that has begun to arrive may take, once nothing is under way any more. */
const patienceMs = 5_000;

export type Parting = ReturnType<typeof partingFrom>;

/**
 * How a stopping server parts with its clients so that none finds a request cut off. While tasks under way are
 * waited for, each answer closes its connection, and a client goes to another server if there is one. Those that
 * come back at once get connections to keep for a moment: closing the listener resets whoever waits to be
 * accepted. After that, idle connections stay open a little longer, for what is just arriving on them.
 */
export function partingFrom(server: Server, ms = lingerMs) {
  let connection: 'close' | 'keep-alive' | undefined;
  const closeIdle = server.closeIdleConnections.bind(server);
  // Called by server.close, when the listener closes.
  server.closeIdleConnections = () => {
    connection = 'close';
    setTimeout(closeIdle, ms).unref();
    // Node counts one as busy that has sent nothing yet, or half a request, and would wait for it for ever.
    setTimeout(() => server.closeAllConnections(), ms + patienceMs).unref();
  };
  return {
    /** What the header Connection of an answer must say now, if anything. */
    get connection() {
      return connection;
    },
    async drain(tasks: () => Promise<void>): Promise<void> {
      connection = 'close';
      await tasks();
      connection = 'keep-alive';
      await wait(ms / 2);
    },
  };
}
