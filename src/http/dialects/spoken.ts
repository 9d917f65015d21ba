import type { IncomingMessage } from 'node:http';
import type { DialectName } from '../../settings/dialects.ts';
import { anticaptcha } from './anticaptcha.ts';
import { capmonster } from './capmonster.ts';
import { capsolver } from './capsolver.ts';
import type { Body, Dialect } from './dialect.ts';
import { twocaptcha } from './twocaptcha.ts';
import { twocaptchaV1 } from './twocaptchaV1.ts';

const byName: Record<DialectName, Dialect> = { capsolver, anticaptcha, capmonster, '2captcha': twocaptcha };

/** Every dialect; each path leads to a method of at least one. */
export const dialects: readonly Dialect[] = [...Object.values(byName), twocaptchaV1];

/** Names under which clients know these services, for those who let them resolve to this server. */
const byHost: Record<string, DialectName> = {
  'api.capsolver.com': 'capsolver',
  'api-stable.capsolver.com': 'capsolver',
  'api.anti-captcha.com': 'anticaptcha',
  'api.capmonster.cloud': 'capmonster',
  'api.2captcha.com': '2captcha',
  '2captcha.com': '2captcha',
  'api.rucaptcha.com': '2captcha',
  'rucaptcha.com': '2captcha',
};

/** Paths of no contract but our own: their answers are in the default dialect by whatever name they are called. */
const ownPath = /^\/(createTasks|questions|openapi\.json|docs)(\/|\?|$)/;
const v1Path = /^\/(in|res)\.php\/?(\?|$)/;

/** Which dialect a request is in, as far as its head tells. */
export interface Spoken {
  dialect: Dialect;
  /** Whether the path or the host name says so: then the key's own setting does not count. */
  isSure: boolean;
  /** The fields in our words, once they have been read. */
  fields?: Body;
}

/**
 * Makes the function that tells the dialect of a request by its head: by its path, its host name, or the port that it
 * came in by. `byPort` may be filled later: which ports they are is known once they are listened on.
 */
export function dialectDetector(byPort: ReadonlyMap<number, DialectName>) {
  return function spokenIn({
    url,
    headers,
    socket,
  }: Pick<IncomingMessage, 'url' | 'headers' | 'socket'>): Spoken {
    if (v1Path.test(url ?? '')) return { dialect: twocaptchaV1, isSure: true };
    if (ownPath.test(url ?? '')) return { dialect: capsolver, isSure: true };
    const named = dialectOfHost(headers.host ?? '');
    if (named !== undefined) return { dialect: byName[named], isSure: true };
    return { dialect: byName[byPort.get(socket.localPort ?? 0) ?? 'capsolver'], isSure: false };
  };
}

export function dialectNamed(name: string): Dialect | undefined {
  return Object.hasOwn(byName, name) ? byName[name as DialectName] : undefined;
}

/** The dialect that a task was asked for in; the default one, where this server no longer speaks that. */
export function dialectOfTask(name: string): Dialect {
  return dialects.find((dialect) => dialect.name === name) ?? capsolver;
}

/** `api.anti-captcha.com`, or a name of the operator's own that begins with the dialect's: `anticaptcha.example.org`. */
function dialectOfHost(host: string): DialectName | undefined {
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  const known = name.replace(/^www\./, '');
  if (Object.hasOwn(byHost, known)) return byHost[known];
  const dot = name.indexOf('.');
  const first = name.slice(0, Math.max(dot, 0));
  return Object.hasOwn(byName, first) ? (first as DialectName) : undefined;
}
