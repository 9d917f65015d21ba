import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Addresses } from './clientAddress.ts';

/**
 * Requests of one connection that may be without an answer. Clients send the next when they have read the last, or a
 * few ahead; a packet of 64 KiB has room for 2,600, whose answers would be made in one go.
 */
const mostOpen = 32;

/** Whether a request is answered; as the last of its connection; or not at all. */
type Turn = 'next' | 'last' | 'none';

/** Counts the requests of each connection that have no answer yet. */
export class OpenRequests {
  readonly #open = new WeakMap<Duplex, number>();
  readonly #over = new WeakSet<Duplex>();

  /**
   * Of too many the first is refused, behind the answers of those before it, and what comes after is for nobody; of twice
   * as many no more is kept in memory, and the connection is over.
   */
  begin({ socket }: IncomingMessage): Turn {
    if (socket.destroyed) return 'none';
    const open = (this.#open.get(socket) ?? 0) + 1;
    this.#open.set(socket, open);
    if (this.#over.has(socket)) {
      if (open > 2 * mostOpen) socket.destroy();
      return 'none';
    }
    if (open <= mostOpen) return 'next';
    this.#over.add(socket);
    return 'last';
  }

  end({ socket }: IncomingMessage): void {
    this.#open.set(socket, (this.#open.get(socket) ?? 1) - 1);
  }
}

/** Keeps one address from taking all the places that there are for connections: a quarter of them, but for our proxies. */
export function shareConnections(server: Server, most: number, addresses: Addresses): void {
  const open = new Map<string, number>();
  const share = Math.max(1, Math.floor(most / 4));
  server.on('connection', (socket: Socket) => {
    const address = addresses.ofSocket(socket);
    if (addresses.isProxy(address)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > share) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}
