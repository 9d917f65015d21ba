import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Language } from '../errors.ts';
import type { Arrived } from '../flow/stages.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client's, after the configured proxies. */
    address?: string;
    /** By `performance.now()`. */
    startedAt?: number;
  }
}

/** A request whose body has been read, as the flow sees it. */
export class ArrivedRequest implements Arrived {
  readonly requestId: string;
  readonly address: string;
  readonly language: Language;
  readonly body: Record<string, unknown>;
  readonly #response: ServerResponse;
  #gone: AbortController | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, language: Language) {
    this.requestId = request.id;
    this.address = request.address ?? '';
    this.language = language;
    this.body = request.body as Record<string, unknown>;
    this.#response = reply.raw;
  }

  /**
   * Made only for those who look at it: most requests are over before their client could leave. It listens to
   * the response, since a request counts as closed as soon as its body has been read.
   */
  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      const gone = new AbortController();
      const response = this.#response;
      response.once('close', () => {
        if (!response.writableFinished) gone.abort();
      });
      if (response.closed) gone.abort();
      this.#gone = gone;
    }
    return this.#gone.signal;
  }
}
