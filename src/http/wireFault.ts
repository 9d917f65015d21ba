import { errorTable } from '../errors.ts';
import { Fault, type FaultReason } from '../fault.ts';
import { StoreError } from '../store/engine.ts';

/** What Fastify and Node refuse before a handler runs, in the contract's terms; anything else is ours. */
const known: Record<string, string> = {
  FST_ERR_BAD_URL: 'the address is malformed',
  HPE_HEADER_OVERFLOW: 'the headers are too large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'the chunk extensions are too large',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
  ECONNRESET: 'the request was cut off',
};

/** Undefined for an error that no client can cause. */
export function wireFault(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  // A connection to the database that is reset has the code of one that a client has cut off.
  if (error instanceof StoreError) return undefined;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return undefined;
  // The rest of the HTTP parser's complaints are all about a request that is not HTTP.
  const detail = known[code] ?? (code.startsWith('HPE_') ? 'the request is not HTTP' : undefined);
  return detail === undefined ? undefined : badRequest(detail);
}

/** The request itself is wrong, whatever is in its body. */
export function badRequest(detail: string, reason?: FaultReason): Fault {
  return new Fault('ERROR_BAD_REQUEST', { detail, reason });
}

/** A path that leads nowhere, or nowhere in the dialect that it is asked in. */
export function noSuchMethod(): Fault {
  return badRequest('there is no such method');
}

/** Seconds after which trying again may help; 0 where it does not. */
export function retryAfterOf({ code, retryAfterMs = 1_000 }: Fault): number {
  return errorTable[code].retry === 'later' ? Math.max(1, Math.ceil(retryAfterMs / 1_000)) : 0;
}
