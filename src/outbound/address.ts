import { isIP } from 'node:net';
import { groupsOf, rangeMatcher } from '../range.ts';

/**
 * IPv4 that is not the public internet: IANA's special-purpose registry, and Azure's host service, which
 * answers on a public address from inside every machine there.
 */
const isSpecial4 = rangeMatcher([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

const isGlobalUnicast = rangeMatcher(['2000::/3']);
/** What of it is no place in the internet: protocol assignments with Teredo among them, and documentation. */
const isSpecial6 = rangeMatcher(['2001::/23', '2001:db8::/32', '3fff::/20']);

/** IPv6 prefixes that carry an IPv4 address: how many bytes are the prefix, and where the address begins. */
const embeddings = [
  { prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], at: 12 },
  { prefix: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], at: 12 },
  { prefix: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], at: 12 },
  // RFC 8215's block, read as a /96 as its gateways are set up; the rest of it is not 2000::/3.
  { prefix: [0, 0x64, 0xff, 0x9b, 0, 1, 0, 0, 0, 0, 0, 0], at: 12 },
  { prefix: [0x20, 0x02], at: 2 },
];

/** `::` and `::1`, in the block of the embedded ones, are this machine and no IPv4 address. */
const isUnembedded = rangeMatcher(['::/127']);

/**
 * The address that a packet to this one ends up at: the IPv4 address inside an IPv6 one, or else the address
 * itself. Undefined for what is not an address.
 */
export function innermost(address: string): string | undefined {
  const family = isIP(address);
  // A zone names an interface of this machine: nothing outside has one.
  if (family === 0 || address.includes('%')) return undefined;
  if (family === 4 || isUnembedded(address)) return address;
  const bytes = bytesOf(address);
  const found = embeddings.find(({ prefix }) => prefix.every((byte, index) => bytes[index] === byte));
  return found === undefined ? address : bytes.slice(found.at, found.at + 4).join('.');
}

/** Whether an address is a place in the public internet; the argument as `innermost` gives it. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !isSpecial4(address);
  return isGlobalUnicast(address) && !isSpecial6(address);
}

/** The 4 bytes of an IPv4 address, the 16 of an IPv6 one. */
export function bytesOf(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  return groupsOf(address).flatMap((group) => [group >> 8, group & 255]);
}
