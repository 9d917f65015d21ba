import { suggestion } from './suggestion.ts';

/** Parameters of TLS that the driver knows; it takes no notice of any other, and the database is spoken to in the clear. */
const tlsParameters = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];
/** The driver takes these three for verify-full, and says so in ten lines on standard error. */
const meantAsFull = ['prefer', 'require', 'verify-ca'];
const modes = ['disable', 'no-verify', 'verify-full', ...meantAsFull];

/** What is wrong with the address of a PostgreSQL database; undefined where nothing is. */
export function databaseUrlProblem(url: string): string | undefined {
  const parsed = parsedUrl(url);
  if (parsed === null)
    return 'is no address; in a password # / ? @ and % are written %23 %2F %3F %40 and %25';
  const names = [...parsed.searchParams.keys()];
  const twice = names.find((name, at) => tlsParameters.includes(name) && names.indexOf(name) < at);
  if (twice !== undefined) return `has ${twice} twice`;
  const strange = names.find((name) => /ssl|tls/i.test(name) && !tlsParameters.includes(name));
  if (strange !== undefined && !isEncrypted(parsed))
    return `has a parameter ${strange}, which nothing knows, so that nothing would be encrypted${suggestion(strange, tlsParameters)}`;
  const mode = parsed.searchParams.get('sslmode');
  if (mode !== null && !modes.includes(mode))
    return `has an unknown sslmode${suggestion(mode, modes)}; the modes are ${modes.join(', ')}`;
  return undefined;
}

/** As the driver is given it: what it would take for `verify-full` is that, unless it is to follow libpq. */
export function driverUrl(url: string): string {
  const parsed = parsedUrl(url);
  const mode = parsed?.searchParams.get('sslmode') ?? '';
  if (!meantAsFull.includes(mode) || parsed?.searchParams.get('uselibpqcompat') === 'true') return url;
  return url.replace(/([?&]sslmode=)[^&#]*/, '$1verify-full');
}

/** Whether what goes to and from a database, over a network, is encrypted and meant for it; undefined on this machine. */
export function protectionOf(url: string): 'encrypted' | 'not verified' | 'in the clear' | undefined {
  const parsed = parsedUrl(url)!;
  const { hostname, searchParams } = parsed;
  const host = searchParams.get('host') ?? hostname;
  if (['', 'localhost', '127.0.0.1', '[::1]', 'local'].includes(host) || /^(\/|%2f)/i.test(host))
    return undefined;
  const mode = searchParams.get('sslmode') ?? '';
  const isLax = searchParams.get('uselibpqcompat') === 'true' && ['prefer', 'require'].includes(mode);
  if (mode === 'no-verify' || isLax || searchParams.get('ssl') === 'no-verify') return 'not verified';
  return isEncrypted(parsed) ? 'encrypted' : 'in the clear';
}

/** As the driver decides it. */
function isEncrypted({ searchParams }: URL): boolean {
  const mode = searchParams.get('sslmode');
  if (mode !== null) return mode !== 'disable';
  const isOn = ['true', '1', 'no-verify'].includes(searchParams.get('ssl') ?? '');
  return (
    isOn || ['sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'].some((name) => searchParams.has(name))
  );
}

/** Of the database, without its address, which may hold a password. */
export function databaseName(url: string): string {
  return parsedUrl(url)!.pathname.slice(1);
}

/** One of a local socket names no host behind its login. */
function parsedUrl(url: string): URL | null {
  return URL.parse(url.replace('@/', '@local/'));
}
