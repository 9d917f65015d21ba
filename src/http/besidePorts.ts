import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as SocketServer } from 'node:net';
import type { DialectName } from '../settings/dialects.ts';

/**
 * Lets a server answer on more ports of an address, with all its own limits on what comes in; a socket's `localPort` tells
 * by which it came. Rejects when one cannot be listened on.
 * @returns `ports`: those that are bound, and the dialect of each; `close`, which takes no more connections on them and
 * resolves when the last has ended: the server itself waits for those of its own port alone
 */
export async function listenBeside(
  server: Server,
  host: string,
  wanted: Partial<Record<DialectName, number>>,
): Promise<{ ports: Map<number, DialectName>; close: () => Promise<void> }> {
  const beside: SocketServer[] = [];
  const ports = new Map<number, DialectName>();
  const close = async () => {
    await Promise.all(beside.map((one) => new Promise((closed) => one.close(closed))));
  };
  try {
    for (const [dialect, port] of Object.entries(wanted) as [DialectName, number][]) {
      // With the options that node:http listens with itself.
      const one = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
        server.emit('connection', socket),
      );
      one.maxConnections = server.maxConnections;
      beside.push(one);
      one.listen(port, host);
      await once(one, 'listening');
      ports.set((one.address() as AddressInfo).port, dialect);
    }
  } catch (error) {
    void close();
    throw error;
  }
  return { ports, close };
}
