import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isClientGone } from '../flow/unavailable.ts';
import type { Metrics } from '../metrics.ts';
import type { Config } from '../settings/config.ts';
import type { LanguageOf } from './acceptLanguage.ts';
import { writeAside } from './aside.ts';
import type { Addresses } from './clientAddress.ts';
import type { Reply } from './dialects/dialect.ts';
import type { Spoken } from './dialects/spoken.ts';
import type { FaultRecorder } from './faults.ts';
import { closeOnceSilent } from './lingering.ts';
import type { Parting } from './parting.ts';
import type { LastRequests } from './rawSocket.ts';
import type { OpenRequests } from './sockets.ts';
import { retryAfterOf } from './wireFault.ts';

interface ReplierParts {
  config: Pick<Config, 'always200' | 'bodyLimitBytes'>;
  metrics: Pick<Metrics, 'observeRequest'>;
  addresses: Pick<Addresses, 'of'>;
  spokenIn(head: IncomingMessage): Spoken;
  languageOf: LanguageOf;
  recordFault: FaultRecorder['recordFault'];
  last: Pick<LastRequests, 'noteAnswer' | 'isAnsweredEarly'>;
  openRequests: Pick<OpenRequests, 'end'>;
  parting: Pick<Parting, 'connection'>;
  /** Runs what it is given at the end of this turn of the event loop. */
  atOnce(write: () => void): void;
}

/** An answer of the contract, lines of them, or a page. */
export type AnyReply = Omit<Reply, 'body'> & { body: string | Buffer | Readable };

type Sent = Omit<AnyReply, 'errorCode'> & { errorCode: AnyReply['errorCode'] | 'client_gone' };

const jsonUtf8 = 'application/json; charset=utf-8';

/** Makes the last step of every request: its answer, or in the words of its dialect why it has none. */
export function replier(parts: ReplierParts) {
  const { config, addresses, spokenIn, languageOf, recordFault, metrics } = parts;
  const { last, openRequests, parting, atOnce } = parts;

  /** Counts an answer and writes it. */
  function send(request: FastifyRequest, reply: FastifyReply, answer: Sent): void {
    const { body, errorCode } = answer;
    const status = statusOf(answer, config);
    const route = request.routeOptions.url ?? 'unknown';
    const ms = performance.now() - (request.startedAt ?? performance.now());
    metrics.observeRequest({ route, method: request.method, status, errorCode, seconds: ms / 1000 });
    if (parting.connection !== undefined) reply.header('connection', parting.connection);
    if (!reply.hasHeader('content-type')) reply.header('content-type', answer.type ?? jsonUtf8);
    // Some dialects ask by GET, with the key in the address: no cache on the way is to keep what they are told.
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (request.aside !== undefined) writeAside(reply, request.aside, ms);
    reply.code(status).header('x-request-id', request.id);
    last.noteAnswer(request.raw);
    atOnce(() => {
      // An answer in lines has only begun.
      if (body instanceof Readable) reply.raw.once('close', () => openRequests.end(request.raw));
      else openRequests.end(request.raw);
      reply.send(body);
    });
  }

  /** Records whatever a request was stopped by, and answers it as a fault. */
  function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    // The client has left in the middle of an answer in lines, which `send` has counted when it began.
    if ((error as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    if (last.isAnsweredEarly(request.raw)) return void reply.hijack();
    const address = request.address ?? addresses.of(request.raw);
    const fault = recordFault(error, request.id, address, request.spoken?.fields);
    const retryAfter = retryAfterOf(fault);
    if (retryAfter > 0) reply.header('retry-after', retryAfter);
    // Others keep their connection, whatever they are still sending; the request timeout bounds that.
    if (fault.code === 'ERROR_IP_BANNED') {
      reply.header('connection', 'close');
      closeOnceSilent(request.raw, config.bodyLimitBytes);
    }
    const { dialect, fields } = request.spoken ?? spokenIn(request.raw);
    const said = { path: request.routeOptions.url ?? '', url: request.raw.url ?? '', fields };
    const refusal = dialect.refusal(fault, languageOf(request.raw), said);
    // Whoever hangs up must not raise the figure that tells how often the server fails.
    send(request, reply, isClientGone(fault) ? { ...refusal, errorCode: 'client_gone' } : refusal);
  }

  return { send, refuse };
}

/** The HTTP status that an answer has here: some clients read no body of another than 200. */
export function statusOf(
  { status }: Pick<Reply, 'status'>,
  { always200 }: Pick<Config, 'always200'>,
): number {
  return always200 ? 200 : status;
}
