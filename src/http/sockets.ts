import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerOptions,
} from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { networksOf } from '../flow/network.ts';
import { neverMore, SlidingWindow } from '../flow/slidingWindow.ts';
import { Tally } from '../flow/tally.ts';
import { RecentMap } from '../recentMap.ts';
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
  readonly #onFlood: (socket: Socket) => void;

  /** `onFlood` is told of each connection that ends for having sent far too many. */
  constructor(onFlood: (socket: Socket) => void) {
    this.#onFlood = onFlood;
  }

  /**
   * The first request too many is refused, behind the answers to those before it, and the next are dropped unanswered. At
   * twice the limit the connection is cut: requests take memory even if nobody answers them.
   */
  begin({ socket }: IncomingMessage): Turn {
    if (socket.destroyed) return 'none';
    const open = (this.#open.get(socket) ?? 0) + 1;
    this.#open.set(socket, open);
    if (this.#over.has(socket)) {
      if (open > 2 * mostOpen) {
        this.#onFlood(socket);
        socket.destroy();
      }
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
 * Makes the HTTP server as Fastify would, but drops the requests of a connection that has ended: Node goes on parsing its
 * last packet, which may hold thousands.
 */
export function httpServer(
  handle: RequestListener,
  { http = {}, keepAliveTimeout, requestTimeout }: { http?: ServerOptions } & Partial<Timeouts>,
): ReturnType<typeof createServer> {
  const server = createServer(http, (request, response) => {
    if (!request.socket.destroyed) handle(request, response);
  });
  return Object.assign(server, { keepAliveTimeout, requestTimeout });
}

type Timeouts = Record<'keepAliveTimeout' | 'requestTimeout', number>;

/** Floods of one network within a minute, before it has no connections for a while: each holds all others for 50 ms. */
const mostFloods = 10;
const networksWatched = 10_000;

/**
 * Bounds the connections of all ports together, and keeps one address, or one /64, from taking all the places that there
 * are for them: a quarter, but for our proxies. From a network that has flooded connections with requests ahead, no more
 * are taken for a while.
 * @returns the function to call with each connection that has flooded
 */
export function shareConnections(
  server: Server,
  { most, addresses, clock }: { most: number; addresses: Addresses; clock: Clock },
): (flooded: Socket) => void {
  const all = 'all';
  const open = new Tally();
  const floods = new RecentMap<string, SlidingWindow>(networksWatched);
  const share = Math.max(1, Math.floor(most / 4));
  const networkOf = (socket: Socket) => networksOf(addresses.ofSocket(socket))[0]!.name;
  server.on('connection', (socket: Socket) => {
    const address = addresses.ofSocket(socket);
    const network = networkOf(socket);
    const hasFlooded = (floods.get(network)?.count(clock.now()) ?? 0) >= mostFloods;
    const isFull = open.of(network) >= share;
    if (((isFull || hasFlooded) && !addresses.isProxy(address)) || open.of(all) >= most) {
      socket.destroy();
      return;
    }
    for (const name of [all, network]) open.add(name);
    socket.once('close', () => {
      for (const name of [all, network]) open.remove(name);
    });
  });
  return (socket) => floods.getOrMake(networkOf(socket), () => new SlidingWindow(neverMore)).add(clock.now());
}

/** Cuts off whoever is connected once the store is lost, and whoever comes after that: nobody must be told anything. */
export function cutOnceLost(server: HttpServer, lost: AbortSignal | undefined): void {
  lost?.addEventListener('abort', () => server.closeAllConnections());
  server.on('connection', (socket: Socket) => {
    if (lost?.aborted) socket.destroy();
  });
}
