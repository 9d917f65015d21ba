import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as SocketServer } from 'node:net';

/**
 * Lets a server answer on more ports of an address, with all its own limits on what comes in. Its sockets know the
 * port that they came in by. Rejects when one cannot be listened on. `ports` are those bound, where 0 was asked for too;
 * `close` takes no more, and resolves when the last connection has ended: the server knows of its own alone.
 */
export async function listenBeside(
  server: Server,
  host: string,
  ports: readonly number[],
): Promise<{ ports: number[]; close: () => Promise<void> }> {
  const beside: SocketServer[] = [];
  const close = async () => {
    await Promise.all(beside.map((one) => new Promise((closed) => one.close(closed))));
  };
  try {
    for (const port of ports) {
      // As node:http listens itself.
      const one = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
        server.emit('connection', socket),
      );
      one.maxConnections = server.maxConnections;
      beside.push(one);
      one.listen(port, host);
      await once(one, 'listening');
    }
  } catch (error) {
    void close();
    throw error;
  }
  return { ports: beside.map((one) => (one.address() as AddressInfo).port), close };
}
