import { Fault } from '../fault.ts';

/** What Fastify and Node refuse before a handler runs, in the contract's terms; anything else is ours. */
const known: Record<string, (limits: { bodyLimitBytes: number }) => Fault> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ({ bodyLimitBytes }) =>
    badRequest(`the body is larger than ${bodyLimitBytes} bytes`),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => badRequest('Content-Length is not the length of the body'),
  FST_ERR_BAD_URL: () => badRequest('the address is malformed'),
  HPE_HEADER_OVERFLOW: () => badRequest('the headers are too large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () => badRequest('the chunk extensions are too large'),
  ERR_HTTP_REQUEST_TIMEOUT: () => badRequest('the request did not arrive in time'),
  ECONNRESET: () => badRequest('the request was cut off'),
};

/** Undefined for an error that no client can cause. */
export function wireFault(error: unknown, limits: { bodyLimitBytes: number }): Fault | undefined {
  if (error instanceof Fault) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return undefined;
  const found = known[code]?.(limits);
  // The rest of the HTTP parser's complaints are all about a request that is not HTTP.
  return found ?? (code.startsWith('HPE_') ? badRequest('the request is not HTTP') : undefined);
}

/** The request itself is wrong, whatever is in its body. */
export function badRequest(detail: string): Fault {
  return new Fault('ERROR_BAD_REQUEST', { detail });
}
