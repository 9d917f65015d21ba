import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Flow } from '../flow/flow.ts';
import type { Reply } from './dialects/dialect.ts';
import { dialects } from './dialects/spoken.ts';
import type { FaultRecorder } from './faults.ts';
import type { RequestReader } from './requestReader.ts';

interface DialectPathsParts {
  flow: Flow;
  read: RequestReader['read'];
  recorder: FaultRecorder;
  send(request: FastifyRequest, reply: FastifyReply, answer: Reply): void;
}

/** Serves the paths of all contracts; which dialect a call is in is told by its request, not by its path alone. */
export function addDialectPaths(app: FastifyInstance, parts: DialectPathsParts): void {
  const { flow, read, recorder, send } = parts;

  async function answer(request: FastifyRequest, reply: FastifyReply, path: string): Promise<void> {
    const { method, arrived } = await read(request, reply, path);
    const said = await method(flow, arrived);
    for (const mistake of said.mistakes ?? [])
      recorder.recordFault(mistake, request.id, arrived.address, arrived.body);
    for (const failure of said.failures ?? []) recorder.recordFailure(failure, request.id, arrived.address);
    send(request, reply, said);
  }

  for (const path of new Set(
    dialects.flatMap(({ methods, unserved = [] }) => [...Object.keys(methods), ...unserved]),
  )) {
    const isForm = dialects.some(({ form, methods }) => form !== undefined && path in methods);
    app.route({
      method: isForm ? ['GET', 'POST'] : 'POST',
      url: path,
      // Not async itself: Fastify would watch each answer's stream for its end.
      handler(request, reply) {
        answer(request, reply, path).catch((error) => reply.send(error));
      },
    });
  }
}
