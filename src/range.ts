import { isIP } from 'node:net';

/** Whether a text is one address or a CIDR range: `10.0.0.0/8`, `::1`, `2001:db8::/32`. */
export function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
