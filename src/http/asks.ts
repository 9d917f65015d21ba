import type { IncomingHttpHeaders } from 'node:http';
import type { Asks } from '../flow/stages.ts';

/** What the headers of a request ask for beside the contract. */
export function asksOf(headers: IncomingHttpHeaders): Asks {
  return {
    test: textOf(headers['x-legible-test']),
    idempotencyKey: textOf(headers['idempotency-key']),
  };
}

/** Node joins a header that was sent twice, but for a few that it lists. */
function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header.trim() : header?.join(', ');
}
