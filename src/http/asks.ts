import type { IncomingHttpHeaders } from 'node:http';
import type { Asks } from '../flow/stages.ts';
import { badRequest } from './wireFault.ts';

/** What the headers of a request ask for beside the contract. @throws Fault ERROR_BAD_REQUEST */
export function asksOf(headers: IncomingHttpHeaders): Asks {
  return {
    test: textOf(headers['x-legible-test']),
    idempotencyKey: nameOf(textOf(headers['idempotency-key'])),
    waitMs: waitOf(headers.prefer),
  };
}

/** What a client may call a request: printable ASCII, which every proxy passes on; HTTP cuts spaces off its ends. */
export const requestNamePattern = '^[!-~]([ -~]{0,253}[!-~])?$';
const requestName = new RegExp(requestNamePattern);

function nameOf(idempotencyKey: string | undefined): string | undefined {
  if (idempotencyKey === undefined || requestName.test(idempotencyKey)) return idempotencyKey;
  throw badRequest('Idempotency-Key: is not 1 to 255 printable ASCII characters');
}

/** Proxies between cut connections that are silent for longer. */
export const longestWaitSeconds = 60;

/** `Prefer: wait=30`, perhaps among other preferences (RFC 7240); no preference is refused. */
function waitOf(prefer: string | string[] | undefined): number {
  if (prefer === undefined) return 0;
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(textOf(prefer)!)?.[1];
  return Math.min(Number(seconds ?? 0), longestWaitSeconds) * 1000;
}

/** Node joins a header that was sent twice, but for a few that it lists. */
function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header.trim() : header?.join(', ');
}
