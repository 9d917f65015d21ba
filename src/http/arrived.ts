import type { FastifyRequest } from 'fastify';
import type { Language } from '../errors.ts';
import type { Arrived } from '../flow/stages.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's, after the configured proxies. */
    address: string;
    /** By `performance.now()`. */
    startedAt: number;
  }
}

/** A request whose body has been read, as the flow sees it. */
export class ArrivedRequest implements Arrived {
  readonly requestId: string;
  readonly address: string;
  readonly language: Language;
  readonly body: Record<string, unknown>;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest, language: Language) {
    this.requestId = request.id;
    this.address = request.address;
    this.language = language;
    this.body = request.body as Record<string, unknown>;
    this.#request = request;
  }

  /** Made only for those who look at it: most requests are over before their client could leave. */
  get signal(): AbortSignal {
    return this.#request.signal;
  }
}
