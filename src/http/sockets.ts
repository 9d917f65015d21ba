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
import { networkOf } from '../flow/network.ts';
import { neverMore, SlidingWindow } from '../flow/slidingWindow.ts';
import { Tally } from '../flow/tally.ts';
import { RecentMap } from '../recentMap.ts';
import type { Addresses } from './clientAddress.ts';

/**
 * Requests of one connection that may be without an answer. Clients send the next when they have read the last, or a
 * few ahead; a packet of 64 KiB has room for 2,600, whose answers would be made in one go.
 */
const mostOpen = 32;

/**
 * Requests that have come before the answer to another of their connection, over all connections of one network. All that
 * have come at once are answered in one go, and 32 by each of 2,400 connections took 3 s. Hardly any client sends any.
 */
const mostAhead = 256;

/** Whether a request is answered; as the last of its connection; or not at all. */
type Turn = 'next' | 'last' | 'none';

interface Open {
  /** Requests that have no answer yet. */
  count: number;
  /** Of them, those that are counted for the network. */
  ahead: number;
  /** Whether the connection has sent too many. */
  isOver: boolean;
  /** Whose they are; undefined until there are any. */
  network: string | undefined;
}

interface FloodParts {
  /** Told of each connection that ends for having sent far too many, or too many for its network. */
  onFlood(socket: Socket): void;
  /** Undefined for a proxy of ours, behind which are many clients. */
  networkOf(socket: Socket): string | undefined;
}

/** Counts the requests of each connection that have no answer yet. */
export class OpenRequests {
  readonly #of = new WeakMap<Duplex, Open>();
  readonly #ahead = new Tally();
  readonly #parts: FloodParts;

  constructor(parts: FloodParts) {
    this.#parts = parts;
  }

  /**
   * The first request too many is refused, behind the answers to those before it, and the next are dropped unanswered. At
   * twice the limit the connection is cut: requests take memory even if nobody answers them.
   */
  begin({ socket }: IncomingMessage): Turn {
    if (socket.destroyed) return 'none';
    const open = this.#of.get(socket) ?? { count: 0, ahead: 0, isOver: false, network: undefined };
    if (open.count++ === 0) this.#of.set(socket, open);
    if (open.isOver) {
      if (open.count > 2 * mostOpen) {
        this.#parts.onFlood(socket);
        socket.destroy();
      }
      return 'none';
    }
    const isCrowded = open.count > 1 && !this.#goAhead(socket, open);
    if (open.count <= mostOpen && !isCrowded) return 'next';
    open.isOver = true;
    if (isCrowded) this.#parts.onFlood(socket);
    return 'last';
  }

  /** Counts one more request ahead for its network; false where that has too many. */
  #goAhead(socket: Socket, open: Open): boolean {
    const network = open.network ?? this.#parts.networkOf(socket);
    if (network === undefined) return true;
    if (this.#ahead.of(network) >= mostAhead) return false;
    if (open.network === undefined) {
      open.network = network;
      socket.once('close', () => {
        for (; open.ahead > 0; open.ahead--) this.#ahead.remove(network);
      });
    }
    open.ahead++;
    this.#ahead.add(network);
    return true;
  }

  end({ socket }: IncomingMessage): void {
    const open = this.#of.get(socket);
    if (open === undefined) return;
    open.count--;
    if (open.network === undefined || open.ahead === 0 || open.ahead < open.count) return;
    open.ahead--;
    this.#ahead.remove(open.network);
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
    if (request.socket.writable) handle(request, response);
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
 * @returns what OpenRequests needs: the function to call with each connection that has flooded, and whose it is
 */
export function shareConnections(
  server: Server,
  { most, addresses, clock }: { most: number; addresses: Addresses; clock: Clock },
): FloodParts {
  const all = 'all';
  const open = new Tally();
  const floods = new RecentMap<string, SlidingWindow>(networksWatched);
  const share = Math.max(1, Math.floor(most / 4));
  const networkAt = (socket: Socket) => networkOf(addresses.ofSocket(socket));
  server.on('connection', (socket: Socket) => {
    const address = addresses.ofSocket(socket);
    const network = networkOf(address);
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
  return {
    onFlood: (socket) =>
      floods.getOrMake(networkAt(socket), () => new SlidingWindow(neverMore)).add(clock.now()),
    networkOf: (socket) => (addresses.isProxy(addresses.ofSocket(socket)) ? undefined : networkAt(socket)),
  };
}

/** Cuts off whoever is connected once the store is lost, and whoever comes after that: nobody must be told anything. */
export function cutOnceLost(server: HttpServer, lost: AbortSignal | undefined): void {
  lost?.addEventListener('abort', () => server.closeAllConnections());
  server.on('connection', (socket: Socket) => {
    if (lost?.aborted) socket.destroy();
  });
}
