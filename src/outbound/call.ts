import type { Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { Client } from 'undici';
import type { Call, Outcome, Place } from '../call.ts';
import { type Guard, placeOf } from './guard.ts';
import { openTunnel, proxyAuthorization } from './tunnel.ts';

export interface Limits {
  connectMs: number;
  headersMs: number;
  /** From the first look-up to the last byte. */
  totalMs: number;
  bytes: number;
}

const standardLimits: Limits = { connectMs: 3_000, headersMs: 5_000, totalMs: 10_000, bytes: 64 * 1024 };

/** Makes the function that makes outgoing calls: each through the guard, on a connection of its own. */
export function caller(guard: Guard, limits: Limits = standardLimits): (call: Call) => Promise<Outcome> {
  return async function makeCall(call) {
    const { proxy, url } = call;
    const ends = call.signal === undefined ? [] : [call.signal];
    ends.push(AbortSignal.timeout(limits.totalMs));
    const signal = AbortSignal.any(ends);
    // Of `ends` again: Node never lets go of a signal made by any() with a timeout that another any() was made of.
    const connecting = () => AbortSignal.any([...ends, AbortSignal.timeout(limits.connectMs)]);
    let socket: Socket | undefined;
    try {
      socket = await guard.open(proxy ?? placeOf(url), connecting());
      if (proxy?.scheme === 'https') socket = await secure(socket, proxy, connecting());
    } catch (cause) {
      socket?.destroy();
      return { kind: proxy === undefined ? 'unreachable' : 'proxyUnreachable', cause };
    }
    try {
      // An HTTP proxy is asked for an http: target itself: many open tunnels to port 443 only.
      const isForwarded = proxy !== undefined && url.protocol === 'http:' && proxy.scheme.startsWith('http');
      if (proxy !== undefined && !isForwarded)
        socket = await openTunnel(socket, proxy, placeOf(url), connecting());
      if (url.protocol === 'https:') socket = await secure(socket, placeOf(url), connecting());
      return await exchange(socket, call, { isForwarded, signal, limits });
    } catch (cause) {
      const isSites = signal.aborted || sitesOwn.has((cause as { code?: string }).code);
      return { kind: proxy === undefined || isSites ? 'unreachable' : 'proxyRefused', cause };
    } finally {
      socket.destroy();
    }
  };
}

/** What a site does by itself, with a proxy or without: it is slow, or says too much. */
const sitesOwn = new Set<string | undefined>(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_RES_EXCEEDED_MAX_SIZE']);

interface Exchange {
  isForwarded: boolean;
  signal: AbortSignal;
  limits: Limits;
}

async function exchange(
  socket: Socket,
  { method, url, headers, body, proxy, statusOnly = false }: Call,
  { isForwarded, signal, limits }: Exchange,
): Promise<Outcome> {
  let given = false;
  const client = new Client(url.origin, {
    // Not at once: undici takes no notice of a socket that is there before it has begun to wait for one. Only once:
    // it asks for another where this one breaks before the request is sent, and would get the broken one for ever.
    connect: (_options, callback) =>
      queueMicrotask(() => {
        if (given) return callback(new Error('the connection was lost'), null);
        given = true;
        callback(null, socket as TLSSocket);
      }),
    headersTimeout: statusOnly ? limits.totalMs : limits.headersMs,
    bodyTimeout: limits.totalMs,
    maxResponseSize: limits.bytes,
  });
  try {
    const answer = await client.request({
      method,
      path: `${isForwarded ? url.origin : ''}${url.pathname}${url.search}`,
      headers: { ...headers, ...(isForwarded ? proxyAuthorization(proxy!) : {}) },
      body: body ?? null,
      // `Connection: close`: a second call is checked anew.
      reset: true,
      signal,
    });
    const type = answer.headers['content-type'];
    // What is not read fails when the client is destroyed below, and nobody need hear of it.
    if (statusOnly) answer.body.on('error', () => {}).destroy();
    return {
      kind: 'answered',
      status: answer.statusCode,
      contentType: typeof type === 'string' ? type : '',
      body: statusOnly ? '' : await answer.body.text(),
    };
  } finally {
    await client.destroy();
  }
}

/** Speaks TLS over an open socket. */
function secure(socket: Socket, { host }: Place, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = tlsConnect({ socket, host, servername: servername(host), ALPNProtocols: ['http/1.1'] });
    const abort = () => secured.destroy(new Error('took too long'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    secured.on('error', reject);
    secured.once('close', () => reject(new Error('closed')));
    secured.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      resolve(secured);
    });
  });
}

/** TLS names no addresses. */
function servername(host: string): string {
  return /^[\d.]+$|:/.test(host) ? '' : host;
}
