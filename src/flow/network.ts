import { bytesOf } from '../outbound/address.ts';
import { groupsOf } from '../range.ts';

/** What a ban of an address can be laid on, and how many times the errors of one address that takes. */
export interface Network {
  name: string;
  share: number;
}

/** Whoever owns a /56 or a /48 moves through its /64s at will, and through the addresses of each. */
const ipv6Prefixes = [
  { bits: 64, share: 1 },
  { bits: 56, share: 4 },
  { bits: 48, share: 16 },
];

/** Before the IPv4 address of a client that comes by NAT64 or SIIT (RFC 6052): all of them are one /64. */
const translated = [0x64, 0xff9b, 0, 0, 0, 0];

/** The name of the narrowest of them: an IPv4 address itself, the /64 of an IPv6 one. */
export function networkOf(address: string): string {
  return networksOf(address)[0]!.name;
}

/** The networks of an address, narrowest first: itself for IPv4, translated or not, its /64, /56 and /48 for IPv6. */
export function networksOf(address: string): Network[] {
  if (!address.includes(':')) return [{ name: address, share: 1 }];
  const groups = groupsOf(address);
  if (translated.every((group, at) => groups[at] === group))
    return [{ name: bytesOf(address).slice(-4).join('.'), share: 1 }];
  return ipv6Prefixes.map(({ bits, share }) => ({ name: prefixOf(groups, bits), share }));
}

function prefixOf(groups: number[], bits: number): string {
  const kept = groups.slice(0, Math.ceil(bits / 16));
  const cut = kept.length * 16 - bits;
  const masked = kept.map((group, at) => (at === kept.length - 1 ? (group >> cut) << cut : group));
  return `${masked.map((group) => group.toString(16)).join(':')}::/${bits}`;
}
