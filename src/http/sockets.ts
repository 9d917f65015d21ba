import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { networksOf } from '../flow/network.ts';
import { Tally } from '../flow/tally.ts';
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

/**
 * Bounds the connections of all ports together, and keeps one address, or one /64, from taking all the places that there
 * are for them: a quarter, but for our proxies.
 */
export function shareConnections(server: Server, most: number, addresses: Addresses): void {
  const all = 'all';
  const open = new Tally();
  const share = Math.max(1, Math.floor(most / 4));
  server.on('connection', (socket: Socket) => {
    const address = addresses.ofSocket(socket);
    const network = networksOf(address)[0]!.name;
    const isFull = !addresses.isProxy(address) && open.of(network) >= share;
    if (isFull || open.of(all) >= most) {
      socket.destroy();
      return;
    }
    for (const name of [all, network]) open.add(name);
    socket.once('close', () => {
      for (const name of [all, network]) open.remove(name);
    });
  });
}
