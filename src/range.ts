import { BlockList, isIP, SocketAddress } from 'node:net';

export interface Range {
  network: string;
  /** Leading bits that all its addresses share: none in a range of everybody. */
  bits: number;
  family: 'ipv4' | 'ipv6';
}

/** Bits before the IPv4 address in a mapped one. */
const mappedBits = 96;

/**
 * One address or a CIDR range: `10.0.0.0/8`, `::1`, `2001:db8::/32`. One of mapped addresses is the IPv4 range that it stands
 * for. Undefined for any other text.
 */
export function rangeOf(text: string): Range | undefined {
  const [address = '', given, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || (given !== undefined && !/^\d{1,3}$/.test(given))) return undefined;
  const longest = version === 4 ? 32 : 128;
  const bits = given === undefined ? longest : Number(given);
  if (bits > longest) return undefined;
  if (version === 4) return { network: address, bits, family: 'ipv4' };
  const inner = withoutMapping(address);
  return inner !== address && bits >= mappedBits
    ? { network: inner, bits: bits - mappedBits, family: 'ipv4' }
    : { network: address, bits, family: 'ipv6' };
}

export function isRange(text: string): boolean {
  return rangeOf(text) !== undefined;
}

/** Makes the function that tells whether an address lies in one of the ranges. */
export function rangeMatcher(ranges: readonly string[]): (address: string) => boolean {
  // Apart: in one list an IPv4 address would be in IPv6 ranges too, as the mapped address that it could be.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const range of ranges) {
    const { network, bits, family } = rangeOf(range)!;
    lists[family].addSubnet(network, bits, family);
  }
  return (address) => {
    if (isIP(address) === 0) return false;
    const inner = withoutMapping(address);
    const family = isIP(inner) === 4 ? 'ipv4' : 'ipv6';
    return lists[family].check(inner, family);
  };
}

/** `::ffff:` and an IPv4 address, in whatever way it is spelled; all of them would else be one IPv6 network. */
const mapped = /^[0:]*:ffff:[^%]*$/i;

/** An IPv4 client of a socket that listens on both families is still an IPv4 client. */
export function withoutMapping(address: string): string {
  if (!mapped.test(address)) return address;
  const spelled = new SocketAddress({ address, family: 'ipv6' }).address;
  return spelled.startsWith('::ffff:') && spelled.includes('.') ? spelled.slice(7) : address;
}

/** The eight groups of 16 bits of an IPv6 address, in whatever way it is spelled, without its zone. */
export function groupsOf(address: string): number[] {
  // The URL parser writes every spelling in one: groups of hex, the longest run of zeros as `::`.
  const [head = '', tail = ''] = new URL(`http://[${address.split('%', 1)[0]}]`).hostname
    .slice(1, -1)
    .split('::');
  const [left, right] = [head, tail].map((part) => part.split(':').filter(Boolean)) as [string[], string[]];
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}
