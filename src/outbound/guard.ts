import { isIP, connect as netConnect, type Socket } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { longestUrl, type Place } from '../call.ts';
import { isRange, rangeMatcher } from '../range.ts';
import { onAbort } from './abort.ts';
import { innermost, isPublic } from './address.ts';
import { namesOf, type Resolve } from './names.ts';

export interface GuardOptions {
  /** Address ranges that may be reached although they are not public. */
  allow: readonly string[];
  /** Ports that a URL may name. */
  ports: readonly number[];
  resolve?: Resolve;
  /** The addresses of this machine and their networks, as they are now. */
  interfaces?: typeof networkInterfaces;
  /** Opens a socket; tests put another in its place. */
  connect?: typeof netConnect;
}

/**
 * Refused, unknown and dead places are told apart nowhere outside this folder: whoever could would scan our
 * network with it. The cause is for the log.
 */
class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor(cause: unknown) {
    super('could not be reached', { cause });
  }
}

/** For each address of a name, out of the time that there is for all. */
const attemptMs = 1_000;
/** A name may have thousands, and looking at each takes time of everybody's. Whoever means to be found has a few. */
const mostAddresses = 64;

/** The one door for what leaves on our own initiative: it opens sockets to the public internet only. */
export class Guard {
  readonly #isAllowed: (address: string) => boolean;
  readonly #ports: ReadonlySet<number>;
  readonly #resolve: Resolve;
  readonly #interfaces: typeof networkInterfaces;
  readonly #connect: typeof netConnect;
  readonly #ownPorts = new Set<number>();

  constructor(options: GuardOptions) {
    const { allow, ports, resolve = namesOf() } = options;
    const { interfaces = networkInterfaces, connect = netConnect } = options;
    this.#isAllowed = rangeMatcher(allow);
    this.#ports = new Set(ports);
    this.#resolve = resolve;
    this.#interfaces = interfaces;
    this.#connect = connect;
  }

  /** From now on this port of this machine is never called: a call to ourselves could go round for ever. */
  denyOwn(port: number): void {
    this.#ownPorts.add(port);
  }

  /** The URL where it may be called as far as its text can tell: its name is looked up when it is called. */
  parse(text: string): URL | undefined {
    if (text.length > longestUrl || !URL.canParse(text)) return undefined;
    const url = new URL(text);
    // It is kept as it is written here: with letters beyond ASCII that is longer, and would be refused when it is called.
    if (url.href.length > longestUrl) return undefined;
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
    if (url.username !== '' || url.password !== '') return undefined;
    const place = placeOf(url);
    return this.#ports.has(place.port) && this.allowsLiteral(place) ? url : undefined;
  }

  /** False for an address that may not be reached; true for every name. */
  allowsLiteral({ host, port }: Place): boolean {
    return isIP(host) === 0 || this.#gate(port)(host);
  }

  /**
   * Opens a socket to a place, at one of the addresses that its name has now: one look-up, all of them checked,
   * since a second look-up could say something else. Nothing is written to it before it is checked once more.
   * @throws Unreachable
   */
  async open({ host, port }: Place, signal: AbortSignal): Promise<Socket> {
    try {
      const addresses = isIP(host) > 0 ? [host] : await untilAborted(this.#resolve(host, signal), signal);
      if (addresses.length > mostAddresses) throw new Error('the name has too many addresses');
      const allows = this.#gate(port);
      // All of them: a name with one address inside and one outside is a trick, and no mistake.
      const isRefused = addresses.length === 0 || !addresses.every(allows);
      if (isRefused) throw new Error('the address is not allowed');
      return await this.#dial(host, addresses, port, signal);
    } catch (error) {
      throw new Unreachable(error);
    }
  }

  #dial(host: string, addresses: string[], port: number, signal: AbortSignal): Promise<Socket> {
    const pinned = addresses.map((address) => ({ address, family: isIP(address) }));
    const socket = this.#connect({
      host,
      port,
      autoSelectFamily: true,
      // Node gives each address a quarter of a second, which a lost packet or another continent takes.
      autoSelectFamilyAttemptTimeout: attemptMs,
      lookup: (_host, { all }, callback) =>
        all ? callback(null, pinned) : callback(null, pinned[0]!.address, pinned[0]!.family),
    });
    return new Promise((resolve, reject) => {
      const ignoreAbort = onAbort(signal, (error) => socket.destroy(error));
      // It stays: a socket that nobody listens to ends the process when it fails.
      socket.on('error', reject);
      socket.once('connect', () => {
        ignoreAbort();
        if (this.#gate(port)(socket.remoteAddress ?? '')) return resolve(socket);
        socket.destroy(new Error('connected to an address that is not allowed'));
      });
    });
  }

  /** Which addresses may be reached at a port, by the networks that this machine is in now. */
  #gate(port: number): (address: string) => boolean {
    const own = Object.values(this.#interfaces()).flatMap((each) => each ?? []);
    const isOwn = rangeMatcher(own.flatMap(ownAddresses));
    const isNear = rangeMatcher(own.flatMap(ownNetworks));
    return (text) => {
      const address = innermost(text);
      if (address === undefined) return false;
      if (this.#ownPorts.has(port) && (isLoopback(address) || isOwn(address))) return false;
      // A public address of ours, and those beside it, are behind what keeps the internet out.
      return this.#isAllowed(address) || (isPublic(address) && !isNear(address));
    };
  }
}

/** Where a URL of http or https leads; IPv6 without its brackets. */
export function placeOf(url: URL): Place {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) };
}

const isLoopback = rangeMatcher(['127.0.0.0/8', '0.0.0.0/8', '::/127']);

function ownAddresses({ address }: NetworkInterfaceInfo): string[] {
  const own = innermost(withoutZone(address));
  return own === undefined ? [] : [own];
}

function ownNetworks(own: NetworkInterfaceInfo): string[] {
  const network = own.cidr === null ? '' : withoutZone(own.cidr);
  // Some tunnels have the whole internet for their network.
  const isOne = isRange(network) && !network.endsWith('/0');
  return isOne ? [network, ...ownAddresses(own)] : ownAddresses(own);
}

/** Of an address or a range: `fe80::1%eth0/64` is `fe80::1/64`. */
function withoutZone(text: string): string {
  return text.replace(/%[^/]*/, '');
}

/** Leaves at once, whatever a resolver makes of the signal. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const ignoreAbort = onAbort(signal, reject);
    promise.then(resolve, reject).finally(ignoreAbort);
  });
}
