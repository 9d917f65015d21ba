import { isIP } from 'node:net';
import { z } from 'zod';
import type { ProxyPlace } from '../call.ts';
import { lowerCase } from '../lowerCase.ts';
import { missing } from './wording.ts';

const schemes = new Map<string, ProxyPlace['scheme']>([
  ['http', 'http'],
  ['https', 'https'],
  ['socks', 'socks5'],
  ['socks4', 'socks4'],
  ['socks4a', 'socks4'],
  ['socks5', 'socks5'],
  ['socks5h', 'socks5'],
]);

const longest = 1_024;
/** SOCKS 5 counts a login or password in one byte. */
const longestCounted = 255;
const text = z.string('is not a string').trim().max(longest, 'is too long');

/**
 * The fields by which the contract's clients name a proxy: one string, with or without scheme and login, or
 * five fields.
 */
export const proxyFields = {
  proxy: text
    .optional()
    .describe('`host:port:login:password`, or `scheme://login:password@host:port` (percent-encoded)'),
  proxyType: text.optional().describe('`http`, `https`, `socks4` or `socks5`'),
  proxyAddress: text.optional().describe('a host; the other fields of a proxy go with it'),
  proxyPort: z.union([z.number(), text], 'is not a number').optional(),
  proxyLogin: text.optional(),
  proxyPassword: text.optional(),
};

export type ProxyFields = z.output<z.ZodObject<typeof proxyFields>>;

/** What is wrong with which field; never what stands in it, since that may be a password. */
interface ProxyMistake {
  field: keyof ProxyFields;
  message: string;
}

/** Tells `refuse` what is wrong with the proxy of a task that has no use for one. */
export function refuseMalformedProxy(
  task: ProxyFields,
  refuse: (field: keyof ProxyFields, message: string) => void,
): void {
  const proxy = proxyOf(task);
  if (proxy !== undefined && 'message' in proxy) refuse(proxy.field, proxy.message);
}

/** The proxy that a task names; undefined when it names none. */
export function proxyOf(task: ProxyFields): ProxyPlace | ProxyMistake | undefined {
  if (task.proxy) return proxyOfText(task.proxy);
  const { proxyAddress, proxyPort, proxyType, proxyLogin, proxyPassword } = task;
  const isNamed = [proxyAddress, proxyPort, proxyLogin, proxyPassword].some((field) => !!field);
  if (!isNamed) return proxyType ? { field: 'proxyAddress', message: missing } : undefined;
  const scheme = schemes.get(lowerCase(proxyType || 'http'));
  if (scheme === undefined)
    return { field: 'proxyType', message: 'is not one of http, https, socks4, socks5' };
  const host = hostOf(isIP(proxyAddress ?? '') === 6 ? `[${proxyAddress}]` : (proxyAddress ?? ''));
  if (host === undefined) return { field: 'proxyAddress', message: proxyAddress ? 'is not a host' : missing };
  const port = portOf(String(proxyPort ?? ''));
  if (port === undefined)
    return { field: 'proxyPort', message: proxyPort === undefined ? missing : 'is not a port' };
  const proxy = { scheme, host, port, login: proxyLogin ?? '', password: proxyPassword ?? '' };
  const mistake = unspeakable(proxy);
  if (mistake === undefined) return proxy;
  return { field: mistake.part === 'login' ? 'proxyLogin' : 'proxyPassword', message: mistake.message };
}

/** What of the credentials its scheme has no way to say. */
function unspeakable(proxy: ProxyPlace): { part: 'login' | 'password'; message: string } | undefined {
  for (const part of ['login', 'password'] as const) {
    // Taken as they come, SOCKS 4 would write whole lines of another protocol to whatever listens there. A NUL ends its login.
    if (/\p{Cc}/u.test(proxy[part])) return { part, message: 'holds a control character' };
    if (proxy.scheme === 'socks5' && Buffer.byteLength(proxy[part]) > longestCounted)
      return { part, message: `is over ${longestCounted} bytes, the most that SOCKS 5 can say` };
  }
  return undefined;
}

const malformed: ProxyMistake = {
  field: 'proxy',
  message: 'is not host:port, scheme:host:port:login:password or scheme://login:password@host:port',
};

function proxyOfText(given: string): ProxyPlace | ProxyMistake {
  const [prefix = '', name = 'http'] = /^([a-z]\w*):(\/\/)?/i.exec(given) ?? [];
  const scheme = schemes.get(lowerCase(name));
  if (scheme === undefined && prefix.endsWith('//')) return malformed;
  // Without slashes, what is no scheme is a host or a login.
  const rest = scheme === undefined ? given : given.slice(prefix.length);
  const at = rest.lastIndexOf('@');
  // A password may hold the sign that stands before a host elsewhere.
  const isInColons = at < 0 || (!prefix.endsWith('//') && /^(\[[^\]]*\]|[^:@]+):\d{1,5}:/.test(rest));
  const parts = isInColons ? inColons(rest) : inUrl(rest.slice(0, at), rest.slice(at + 1));
  const host = hostOf(parts?.host ?? '');
  const port = portOf(parts?.port ?? '');
  if (parts === undefined || host === undefined || port === undefined) return malformed;
  const proxy = { ...parts, scheme: scheme ?? 'http', host, port };
  const mistake = unspeakable(proxy);
  return mistake === undefined ? proxy : { field: 'proxy', message: `${mistake.part} ${mistake.message}` };
}

interface Parts {
  host: string;
  port: string;
  login: string;
  password: string;
}

/** `host:port`, `host:port:login`, `host:port:login:password`; a password may hold colons. */
function inColons(rest: string): Parts | undefined {
  const [, host = '', port = '', login = '', password = ''] =
    /^(\[[^\]]*\]|[^:]*):(\d+)\/?(?::([^:]*)(?::(.*))?)?$/.exec(rest) ?? [];
  return { host, port, login, password };
}

/** `login:password@host:port`, percent-encoded as in a URL. */
function inUrl(credentials: string, place: string): Parts | undefined {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*):(\d+)\/?$/.exec(place) ?? [];
  const colon = credentials.indexOf(':');
  const [login, password] =
    colon < 0 ? [credentials, ''] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  try {
    return { host, port, login: decodeURIComponent(login), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}

/** A name, or an address in its one canonical form, so that nothing is hidden from whoever checks it. */
function hostOf(given: string): string | undefined {
  if (!/^(\[[\da-f:.]+\]|[\w.-]+)$/i.test(given) || !URL.canParse(`http://${given}`)) return undefined;
  const host = new URL(`http://${given}`).hostname;
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

function portOf(given: string): number | undefined {
  const port = Number(given);
  return /^\d{1,5}$/.test(given) && port >= 1 && port <= 65_535 ? port : undefined;
}
