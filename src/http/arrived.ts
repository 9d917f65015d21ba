import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Language } from '../errors.ts';
import { Aside } from '../flow/aside.ts';
import type { Arrived, Asks } from '../flow/stages.ts';
import { asksOf } from './asks.ts';
import { outlineOf } from './dialects/outline.ts';
import type { Spoken } from './dialects/spoken.ts';

/** What the steps of a request note on it for those after them. */
interface Noted {
  /** The client's, after the configured proxies. */
  address?: string;
  /** By `performance.now()`. */
  startedAt?: number;
  /** Content-Type as it was sent. */
  sentType?: string | undefined;
  spoken?: Spoken;
  aside?: Aside;
}

declare module 'fastify' {
  interface FastifyRequest extends Noted {}
}

const noted: Record<keyof Noted, undefined> = {
  address: undefined,
  startedAt: undefined,
  sentType: undefined,
  spoken: undefined,
  aside: undefined,
};

/** Gives every request these fields from its start: one that got them later would be of another shape to V8. */
export function decorateRequests(app: FastifyInstance): void {
  for (const name of Object.keys(noted)) app.decorateRequest(name, undefined);
}

type Told = Pick<Arrived, 'language' | 'dialect' | 'numbered' | 'body' | 'sentTask'>;

/** A request whose body has been read, as the flow sees it. */
export class ArrivedRequest implements Arrived {
  readonly requestId: string;
  readonly address: string;
  readonly language: Language;
  readonly dialect: string;
  readonly numbered: boolean;
  body: Record<string, unknown>;
  sentTask: unknown;
  readonly asks: Asks;
  readonly aside = new Aside();
  readonly #request: FastifyRequest;
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(
    request: FastifyRequest,
    reply: FastifyReply,
    { language, dialect, numbered, body, sentTask }: Told,
  ) {
    this.requestId = request.id;
    this.address = request.address ?? '';
    this.language = language;
    this.dialect = dialect;
    this.numbered = numbered;
    this.body = body;
    this.sentTask = sentTask;
    this.asks = asksOf(request.headers);
    this.#request = request;
    this.#response = reply.raw;
  }

  /** Keeps the few fields that a refusal may yet be worded by. */
  forgetBody(): void {
    this.body = outlineOf(this.body);
    this.sentTask = undefined;
    if (this.#request.spoken !== undefined) this.#request.spoken.fields = this.body;
  }

  /**
   * Made only for those who look at it: most requests are over before their client could leave. It listens to
   * the response, since a request counts as closed as soon as its body has been read.
   */
  get controller(): AbortController {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      const response = this.#response;
      response.on('close', () => {
        if (!response.writableFinished) controller.abort();
      });
      if (response.closed) controller.abort();
      this.#controller = controller;
    }
    return this.#controller;
  }
}
