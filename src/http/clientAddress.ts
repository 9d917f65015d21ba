import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { rangeMatcher, withoutMapping } from '../range.ts';

/** Networks that a proxy of ours calls from, and hardly anybody who would forge its header. */
const isNear = rangeMatcher([
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
]);

export interface Addresses {
  /** Where a request comes from. */
  of(request: IncomingMessage): string;
  /** The other end of a socket. */
  ofSocket(socket: Pick<Socket, 'remoteAddress'>): string;
  /** A proxy of ours is never banned for what its clients do. */
  isProxy(address: string): boolean;
}

/**
 * X-Forwarded-For is read from right to left and only past hops that are configured proxies: what stands
 * further left was written by somebody we have no reason to believe. Forwarded, X-Real-IP and the like are
 * never read. `onUnnamedProxy` is told of the first request that seems to come through a proxy of ours which is not
 * configured: all clients behind that have one address, and are banned together.
 */
export function readAddresses(
  trustedProxies: readonly string[],
  onUnnamedProxy: (peer: string) => void = () => {},
): Addresses {
  const isProxy = trustedProxies.length === 0 ? () => false : rangeMatcher(trustedProxies);
  let isTold = false;

  function of(request: IncomingMessage): string {
    let address = ofSocket(request.socket);
    const forwarded = request.headers['x-forwarded-for'];
    if (forwarded === undefined) return address;
    if (!isTold && !isProxy(address) && isNear(address)) {
      isTold = true;
      onUnnamedProxy(address);
    }
    // Node joins repeated headers of this name into one.
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',');
    while (isProxy(address) && hops.length > 0) {
      const hop = parseHop(hops.pop()!.trim());
      if (hop === undefined) break;
      address = hop;
    }
    return address;
  }
  return { of, ofSocket, isProxy };
}

function ofSocket({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  return withoutMapping(remoteAddress);
}

/** `1.2.3.4`, `1.2.3.4:567`, `::1`, `[::1]`, `[::1]:567`; undefined for anything else. */
function parseHop(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  const bare = bracketed?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text);
  return isIP(bare) > 0 ? withoutMapping(bare) : undefined;
}
