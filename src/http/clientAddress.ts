import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { rangeMatcher } from '../range.ts';

export interface Addresses {
  /** Where a request comes from. */
  of(request: IncomingMessage): string;
  /** A proxy of ours is never banned for what its clients do. */
  isProxy(address: string): boolean;
}

/**
 * X-Forwarded-For is read from right to left and only past hops that are configured proxies: what stands
 * further left was written by somebody we have no reason to believe. Forwarded, X-Real-IP and the like are
 * never read.
 */
export function readAddresses(trustedProxies: readonly string[]): Addresses {
  if (trustedProxies.length === 0) return { of: peerOf, isProxy: () => false };
  const isProxy = rangeMatcher(trustedProxies);

  function of(request: IncomingMessage): string {
    let address = peerOf(request);
    const forwarded = request.headers['x-forwarded-for'];
    if (forwarded === undefined) return address;
    // Node joins repeated headers of this name into one.
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',');
    while (isProxy(address) && hops.length > 0) {
      const hop = parseHop(hops.pop()!.trim());
      if (hop === undefined) break;
      address = hop;
    }
    return address;
  }
  return { of, isProxy };
}

function peerOf(request: IncomingMessage): string {
  return plain(request.socket.remoteAddress ?? '');
}

/** `1.2.3.4`, `1.2.3.4:567`, `::1`, `[::1]`, `[::1]:567`; undefined for anything else. */
function parseHop(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  const bare = bracketed?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return isIP(bare) > 0 ? plain(bare) : undefined;
}

/** An IPv4 client of a socket that listens on both families is still an IPv4 client. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
