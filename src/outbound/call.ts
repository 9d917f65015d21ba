import type { Socket } from 'node:net';
import type { Call, Outcome } from '../call.ts';
import { exchange, SiteFailed } from './exchange.ts';
import { type Guard, placeOf } from './guard.ts';
import { secure } from './secure.ts';
import { openTunnel } from './tunnel.ts';

export interface Limits {
  connectMs: number;
  headersMs: number;
  /** From the first look-up to the last byte. */
  totalMs: number;
  bytes: number;
}

export const standardLimits: Limits = {
  connectMs: 3_000,
  headersMs: 5_000,
  totalMs: 10_000,
  bytes: 64 * 1024,
};

/** Makes the function that makes outgoing calls: each through the guard, on a connection of its own. */
export function caller(guard: Guard, limits: Limits = standardLimits): (call: Call) => Promise<Outcome> {
  return async function makeCall(call) {
    const { proxy, url } = call;
    const ends = call.signal === undefined ? [] : [call.signal];
    ends.push(AbortSignal.timeout(limits.totalMs));
    const signal = AbortSignal.any(ends);
    // Made of `ends` and not of `signal`: a signal that any() made of a timeout is never freed once another any() is made
    // of it.
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
      const headersMs = call.statusOnly ? limits.totalMs : limits.headersMs;
      return await exchange(socket, call, { isForwarded, signal, limits: { ...limits, headersMs } });
    } catch (cause) {
      const isSites = signal.aborted || cause instanceof SiteFailed;
      return { kind: proxy === undefined || isSites ? 'unreachable' : 'proxyRefused', cause };
    } finally {
      socket.destroy();
    }
  };
}
