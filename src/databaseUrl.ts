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
  for (const name of parsed.searchParams.keys())
    if (/ssl|tls/i.test(name) && !tlsParameters.includes(name))
      return `has a parameter ${name}, which nothing knows, so that nothing would be encrypted${suggestion(name, tlsParameters)}`;
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
  const { hostname, searchParams } = parsedUrl(url)!;
  const host = searchParams.get('host') ?? hostname;
  if (['', 'localhost', '127.0.0.1', '[::1]', 'local'].includes(host) || /^(\/|%2f)/i.test(host))
    return undefined;
  const mode = searchParams.get('sslmode');
  if (mode === 'no-verify') return 'not verified';
  const isOn = ['true', '1'].includes(searchParams.get('ssl') ?? '') || searchParams.has('sslrootcert');
  return mode === 'disable' || (mode === null && !isOn) ? 'in the clear' : 'encrypted';
}

/** One of a local socket names no host behind its login. */
function parsedUrl(url: string): URL | null {
  return URL.parse(url.replace('@/', '@local/'));
}
