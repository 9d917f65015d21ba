import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../errors.ts';
import { Fault } from '../fault.ts';
import type { Flow } from '../flow/flow.ts';
import { createTasks } from './batch.ts';
import { capsolver, listing } from './dialects/capsolver.ts';
import type { FaultRecorder } from './faults.ts';
import { type DocumentParts, openApiDocument } from './openapi/document.ts';
import { pages } from './openapi/pages.ts';
import type { AnyReply } from './reply.ts';
import type { RequestReader } from './requestReader.ts';
import { retryAfterOf } from './wireFault.ts';

interface OwnPathsParts {
  flow: Flow;
  document: DocumentParts;
  /** What a classification can be asked, as GET /questions lists it. */
  questions: Record<string, unknown>;
  readPlain: RequestReader['readPlain'];
  recorder: FaultRecorder;
  send(request: FastifyRequest, reply: FastifyReply, answer: AnyReply): void;
}

/**
 * What one task of a call meets all later ones may meet: each is one mistake of the call's address. As a hundred, ten calls
 * would be a ban.
 */
const limits: readonly ErrorCode[] = ['ERROR_RATE_LIMIT', 'ERROR_ZERO_BALANCE', 'ERROR_KEY_DENIED_ACCESS'];

// HEAD as well: curl -I and checks of whether a page is there ask so.
const page = { exposeHeadRoute: true };

/** Serves the paths of no contract but our own: many tasks in one call, the questions, the documentation. */
export function addOwnPaths(app: FastifyInstance, parts: OwnPathsParts): void {
  const { flow, readPlain, recorder, send } = parts;

  app.post('/createTasks', async (request, reply) => {
    const { accept } = request.headers;
    const arrived = await readPlain(request, reply);
    const { language, address } = arrived;
    let retryAfter = 0;
    const limitsMet = new Set<ErrorCode>();
    const refused = (error: unknown) => {
      const isAgain = error instanceof Fault && limitsMet.has(error.code);
      if (isAgain) recorder.recordFailure(error, request.id, address);
      const fault = isAgain ? error : recorder.recordFault(error, request.id, address);
      if (limits.includes(fault.code)) limitsMet.add(fault.code);
      retryAfter = Math.max(retryAfter, retryAfterOf(fault));
      return capsolver.refusal(fault, language, { path: '', url: '' });
    };
    const answer = await createTasks(flow, arrived, { accept, refused });
    // Only of one list: where lines are sent, the headers have gone before the first refusal is known.
    if (retryAfter > 0) reply.header('retry-after', retryAfter);
    send(request, reply, answer);
    return reply;
  });

  const list = listing(JSON.stringify(parts.questions).slice(1, -1));
  // As bytes: each connection that does not read would have a copy of a text, of 240 KB.
  const questions = { ...list, body: Buffer.from(list.body) };
  app.get('/questions', page, async (request, reply) => {
    reply.header('cache-control', 'public, max-age=3600');
    send(request, reply, questions);
    return reply;
  });

  for (const [path, shown] of Object.entries(pages(openApiDocument(parts.document))))
    app.get(path, page, async (request, reply) => {
      const { headers, body } = await shown(request.url.split('?', 1)[0]!);
      reply.headers(headers);
      send(request, reply, { status: 200, body, errorCode: '' });
      return reply;
    });
}
