import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as SocketServer } from 'node:net';
import type { DialectName } from '../settings/dialects.ts';

/**
 * More ports of an address on which a server answers, with all its own limits on what comes in; a socket's `localPort` tells
 * by which it came.
 */
export class BesidePorts {
  /** Those that are bound, and the dialect of each. */
  readonly dialects = new Map<number, DialectName>();
  readonly #listening: SocketServer[] = [];
  #closed: Promise<unknown> | undefined;

  /** Rejects when one cannot be listened on. */
  async listen(server: Server, host: string, wanted: Partial<Record<DialectName, number>>): Promise<void> {
    try {
      for (const [dialect, port] of Object.entries(wanted) as [DialectName, number][]) {
        // With the options that node:http listens with itself.
        const one = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
          server.emit('connection', socket),
        );
        one.maxConnections = server.maxConnections;
        this.#listening.push(one);
        one.listen(port, host);
        await once(one, 'listening');
        this.dialects.set((one.address() as AddressInfo).port, dialect);
      }
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /**
   * Takes no more connections on them; resolves when the last has ended: the server itself waits for those of its own port
   * alone. Called again, it waits for the same.
   */
  async close(): Promise<void> {
    this.#closed ??= Promise.all(this.#listening.map((one) => new Promise((closed) => one.close(closed))));
    await this.#closed;
  }
}
