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

/** The name of the narrowest of them: an IPv4 address itself, the /64 of an IPv6 one. */
export function networkOf(address: string): string {
  return networksOf(address)[0]!.name;
}

/** The networks of an address, narrowest first: itself for IPv4, its /64, /56 and /48 for IPv6. */
export function networksOf(address: string): Network[] {
  if (!address.includes(':')) return [{ name: address, share: 1 }];
  const groups = groupsOf(address);
  return ipv6Prefixes.map(({ bits, share }) => ({ name: prefixOf(groups, bits), share }));
}

function prefixOf(groups: number[], bits: number): string {
  const kept = groups.slice(0, Math.ceil(bits / 16));
  const cut = kept.length * 16 - bits;
  const masked = kept.map((group, at) => (at === kept.length - 1 ? (group >> cut) << cut : group));
  return `${masked.map((group) => group.toString(16)).join(':')}::/${bits}`;
}
