import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Flow } from '../flow/flow.ts';
import type { Addresses } from './clientAddress.ts';
import type { Spoken } from './dialects/spoken.ts';
import { refuseByHead } from './requestHead.ts';
import type { OpenRequests } from './sockets.ts';
import { badRequest } from './wireFault.ts';

interface ReceiverParts {
  strict: boolean;
  flow: Pick<Flow, 'protection'>;
  addresses: Pick<Addresses, 'of'>;
  spokenIn(head: IncomingMessage): Spoken;
  openRequests: Pick<OpenRequests, 'begin'>;
  /** The Content-Type that bodies are parsed under, whatever they were sent as. */
  bodyType: string;
}

/** Makes the first step of every request, as soon as its head has come. */
export function receiver({ strict, flow, addresses, spokenIn, openRequests, bodyType }: ReceiverParts) {
  /**
   * Notes whose the request is, and in which dialect; false where nobody is left to answer.
   * @throws Fault ERROR_BAD_REQUEST, ERROR_IP_BANNED for a client of whom nothing more is read
   */
  function letIn(request: FastifyRequest, reply: FastifyReply): boolean {
    const turn = openRequests.begin(request.raw);
    if (turn === 'none') {
      reply.hijack();
      return false;
    }
    request.startedAt = performance.now();
    request.address = addresses.of(request.raw);
    request.spoken = spokenIn(request.raw);
    if (turn === 'last') {
      reply.header('connection', 'close');
      throw badRequest('too many requests ahead on one connection');
    }
    flow.protection.refuseBanned(request.address);
    return true;
  }

  const receive: onRequestHookHandler = (request, reply, done) => {
    try {
      if (!letIn(request, reply)) return;
      const isForm = request.spoken!.dialect.form !== undefined;
      refuseByHead(request.raw, { isKnownPath: !request.is404, strict: strict && !isForm });
    } catch (error) {
      return done(error as Error);
    }
    // Clients of this contract send JSON under any Content-Type: from here on the body alone decides.
    request.sentType = request.headers['content-type'];
    request.headers['content-type'] = bodyType;
    done();
  };

  return { letIn, receive };
}
