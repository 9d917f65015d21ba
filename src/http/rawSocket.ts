import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Reply } from './dialects/dialect.ts';

/**
 * After a pause of the process (a machine that was suspended) timers come before what the system has received meanwhile:
 * who is late by them has this long for that to be read.
 */
const readingMs = 500;
/** A request that has begun to come in that time has this long for its rest: Node has reported it, and times it no more. */
const usualRestMs = 10_000;

export interface RawRefusal extends Reply {
  requestId: string;
  /** Seconds; 0 where trying again does not help. */
  retryAfter: number;
}

/**
 * Answers what never becomes a request: broken HTTP, and requests that arrive too slowly; each in its turn, behind the
 * answers to the requests before it.
 */
export function rawAnswerer(
  last: LastRequests,
  refusalOf: (error: Error, socket: Socket, arriving: Arriving) => RawRefusal,
) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    const afterMs = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? readingMs : 0;
    last.inItsTurn(socket, () => write(error, socket), afterMs);
  };

  function write(error: Error, socket: Socket): void {
    // Browsers and load balancers open connections that they may never use: silence is no mistake.
    if (!socket.writable || socket.destroyed || socket.bytesRead === 0) {
      socket.destroy();
      return;
    }
    const arriving = last.arriving(error, socket);
    if (arriving.request !== undefined) last.noteAnswer(arriving.request);
    const refusal = refusalOf(error, socket, arriving);
    const { status, body, requestId, retryAfter, type = 'application/json; charset=utf-8' } = refusal;
    // Without destroying it, a client that keeps its side open would hold the socket.
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${type}\r\nCache-Control: no-store\r\nX-Request-Id: ${requestId}\r\n` +
        `${retryAfter > 0 ? `Retry-After: ${retryAfter}\r\n` : ''}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  }
}

export interface Arriving {
  /** Of the last request; where that was too large to become one, what is left of it. */
  head: Pick<IncomingMessage, 'url' | 'headers'>;
  /** The request, where only its body has not come in full. */
  request: IncomingMessage | undefined;
}

interface Last {
  request: IncomingMessage;
  response: ServerResponse;
  /** Of the request before it. */
  before: ServerResponse | undefined;
  /** Noted here: a WeakSet of all requests cost a fifth of getTaskResult's rate. */
  hasAnswer: boolean;
}

export type LastRequests = ReturnType<typeof lastRequests>;

/** Remembers the last request of each socket. */
export function lastRequests(restMs = usualRestMs) {
  const last = new WeakMap<Duplex, Last>();
  const waiting = new WeakSet<Duplex>();

  return {
    /** Remembers those of this server from now on. */
    watch(server: Server): void {
      // Before whoever answers it, which may be at once.
      server.prependListener('request', (request, response) => {
        const latest = last.get(request.socket);
        // Kept and changed: new ones in a WeakMap of old keys are work for the collector at each request.
        if (latest) Object.assign(latest, { request, response, before: latest.response, hasAnswer: false });
        else last.set(request.socket, { request, response, before: undefined, hasAnswer: false });
      });
    },

    /** What has come in last by a socket that has an error. */
    arriving(error: Error, socket: Socket): Arriving {
      const request = last.get(socket)?.request;
      if (request?.complete === false) return { head: request, request };
      const { rawPacket } = error as { rawPacket?: Buffer };
      const packet = rawPacket?.toString('latin1') ?? '';
      const url = /^[A-Z]+ (\S+)/.exec(packet)?.[1];
      if (url === undefined)
        return { head: { url: request?.url, headers: request?.headers ?? {} }, request: undefined };
      const host = /\r\nhost:[ \t]*([^\r\n]*)/i.exec(packet)?.[1];
      return { head: { url, headers: { host } }, request: undefined };
    },

    /** Notes that a request is being answered: what comes of the rest of its body is neither told nor counted any more. */
    noteAnswer(request: IncomingMessage): void {
      const latest = last.get(request.socket);
      if (latest?.request === request) latest.hasAnswer = true;
    },

    /** Whether a request that has not come in full is answered already. */
    isAnsweredEarly(request: IncomingMessage): boolean {
      const latest = last.get(request.socket);
      return !request.complete && latest?.request === request && latest.hasAnswer;
    },

    /**
     * Calls `write` once a socket has been given the answers to all requests that came in full. Not for a request that was
     * refused by its head: what becomes of its body is no second mistake, and the socket ends after that answer. Nor for
     * one that has come in full `afterMs` later: it is not late.
     */
    inItsTurn(socket: Socket, write: () => void, afterMs: number): void {
      // One refusal at a time: another error may come while this one waits.
      if (waiting.has(socket)) return;
      const { request, response, before, hasAnswer } = last.get(socket) ?? {};
      const isCut = request?.complete === false;
      const ahead = isCut && !hasAnswer ? before : response;
      const takeTurn = () => {
        waiting.delete(socket);
        // What was late may have come meanwhile.
        const now = last.get(socket)?.request;
        if (now !== request || request?.complete === isCut) {
          if (now?.complete === false) setTimeout(() => retake(now), restMs).unref();
          return;
        }
        if (isCut && hasAnswer) socket.end(() => socket.destroy());
        else write();
      };
      const retake = (begun: IncomingMessage) => {
        if (!socket.destroyed && last.get(socket)?.request === begun && !begun.complete)
          this.inItsTurn(socket, write, 0);
      };
      const queue = () => {
        if (ahead === undefined || ahead.closed) takeTurn();
        else ahead.once('close', takeTurn);
      };
      waiting.add(socket);
      if (afterMs > 0) setTimeout(queue, afterMs).unref();
      else queue();
    },
  };
}

/** Takes over what Node does by itself: it closes CONNECT and idle sockets without a word, and answers Expect in its own. */
export function answerOddRequests(server: Server, answer: (error: Error, socket: Socket) => void): void {
  server.on('connect', (_request, socket: Duplex) => {
    socket.on('error', () => socket.destroy());
    answer(Object.assign(new Error('CONNECT'), { code: 'HPE_INVALID_METHOD' }), socket as Socket);
  });
  // Node would answer 417 to any expectation but 100-continue.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('timeout', (socket) => {
    const { bytesRead } = socket;
    setTimeout(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    }, readingMs).unref();
  });
}
