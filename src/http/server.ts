import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type onRequestHookHandler,
} from 'fastify';
import type { DialectName } from '../dialects.ts';
import { buildFlow } from '../flow/flow.ts';
import type { FlowParts } from '../flow/steps.ts';
import { isClientGone } from '../flow/unavailable.ts';
import { version } from '../version.ts';
import { acceptedLanguage } from './acceptLanguage.ts';
import { writeAside } from './aside.ts';
import { listenBeside } from './besidePorts.ts';
import { bodyReader } from './bodyBytes.ts';
import { readAddresses } from './clientAddress.ts';
import { corsOf } from './cors.ts';
import { dialectDetector, dialects } from './dialects/spoken.ts';
import { faultRecorder } from './faults.ts';
import { messenger } from './messages.ts';
import { addOwnPaths, type OwnReply } from './ownPaths.ts';
import { partingFrom } from './parting.ts';
import { rawRefusals } from './rawRefusal.ts';
import { answerOddRequests, lastRequests, rawAnswerer } from './rawSocket.ts';
import { pathOf, refuseByHead, requestIdOf } from './requestHead.ts';
import { requestReader } from './requestReader.ts';
import { cutOnceLost, httpServer, OpenRequests, shareConnections } from './sockets.ts';
import { closeStalledReaders } from './stalledReaders.ts';
import { together } from './together.ts';
import { badRequest, noSuchMethod, retryAfterOf } from './wireFault.ts';

/** What is not given is made as a server in use needs it. */
export type ServerParts = Omit<FlowParts, 'newId' | 'random' | 'machineTime' | 'messageOf'> &
  Partial<Pick<FlowParts, 'newId' | 'random' | 'machineTime'>> & {
    /** What a classification can be asked, as GET /questions lists it. */
    questions: Record<string, unknown>;
    /** Told of each port that it answers on besides the one of `listen`. */
    onBesidePort?: (port: number, dialect: DialectName) => void;
    /** How long a stopped server still answers on open connections. */
    lingerMs?: number;
  };

type Sent = Omit<OwnReply, 'errorCode'> & { errorCode: OwnReply['errorCode'] | 'client_gone' };

const jsonType = 'application/json';
const jsonUtf8 = `${jsonType}; charset=utf-8`;

/**
 * The API. `listen` starts it; `close` refuses new tasks, waits for those under way as long as the setting
 * allows, and only then closes. Every answer, whatever went wrong, is the contract's JSON with its statuses.
 */
export function buildServer(parts: ServerParts): FastifyInstance {
  const { config, log, metrics, newId = randomUUID, random = Math.random, machineTime = Date.now } = parts;
  const messageOf = messenger(config.language);
  const flow = buildFlow({ ...parts, newId, random, machineTime, messageOf });
  const addresses = readAddresses(config.trustedProxies, (peer) =>
    log.warn(
      { peer },
      'X-Forwarded-For of a proxy that trustedProxies does not name: bans fall on all its clients',
    ),
  );
  const dialectByPort = new Map<number, DialectName>();
  const spokenIn = dialectDetector(dialectByPort);
  const atOnce = together((error) => log.error({ err: error }, 'an answer could not be written'));
  const readBody = bodyReader(config);
  const { read, readPlain } = requestReader({ strict: config.strict, flow });
  const { recordFault, recordFailure } = faultRecorder({ flow, addresses, log, metrics });

  const refusalOf = rawRefusals({ flow, addresses, spokenIn, recordFault, languageOf, newId });
  const answerRaw = rawAnswerer(
    (error, socket) => {
      const arriving = last.arriving(error, socket);
      if (arriving.request !== undefined) last.noteAnswer(arriving.request);
      const refusal = refusalOf(error, socket, arriving);
      return { ...refusal, status: statusOf(refusal) };
    },
    (socket, write, afterMs) => last.inItsTurn(socket, write, afterMs),
  );

  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // One child logger for each request would cost more than the line it would write.
    childLoggerFactory: (logger) => logger,
    serverFactory: httpServer,
    bodyLimit: config.bodyLimitBytes,
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request, newId),
    rewriteUrl: ({ url }) => pathOf(url ?? '/'),
    routerOptions: { ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    // It would cut a drain short after 10 s, and fail the close with it.
    pluginTimeout: 0,
    return503OnClosing: false,
    clientErrorHandler: answerRaw,
    // No hook has run before these.
    frameworkErrors(error, request, reply) {
      try {
        if (letIn(request, reply)) refuse(error, request, reply);
      } catch (refusal) {
        refuse(refusal, request, reply);
      }
    },
    keepAliveTimeout: 5_000,
    requestTimeout: 15_000,
    http: {
      headersTimeout: 5_000,
      // Node looks for slow sockets every 30 s unless told otherwise.
      connectionsCheckingInterval: 1_000,
      // Node would answer a missing Host itself, with an empty body.
      requireHostHeader: false,
    },
  });
  const last = lastRequests(app.server);
  app.server.maxConnections = config.maxConnections;
  const sharing = { most: config.maxConnections, addresses, clock: parts.clock };
  const openRequests = new OpenRequests(shareConnections(app.server, sharing));
  const parting = partingFrom(app.server, parts.lingerMs);
  cutOnceLost(app.server, parts.lost);

  for (const name of ['address', 'startedAt', 'sentType', 'spoken', 'aside'])
    app.decorateRequest(name, undefined);

  /** What precedes everything else; false where there is nobody to answer. @throws Fault for whom nothing is read */
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
      refuseByHead(request.raw, { isKnownPath: !request.is404, strict: config.strict && !isForm });
    } catch (error) {
      return done(error as Error);
    }
    // Clients of this contract send JSON under any name: from here on the body alone decides.
    request.sentType = request.headers['content-type'];
    request.headers['content-type'] = jsonType;
    done();
  };
  if (config.corsOrigins.length > 0) app.register(cors, corsOf(config.corsOrigins));
  // Behind that: a page must be able to read why its call was refused.
  app.after(() => app.addHook('onRequest', receive));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(jsonType, (request, payload, done) =>
    readBody(payload, request.address ?? '', done),
  );

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
  const document = { ...parts, ...config, version };
  addOwnPaths(app, { flow, document, questions: parts.questions, readPlain, recordFault, languageOf, send });
  app.setNotFoundHandler((request, reply) => refuse(noSuchMethod(), request, reply));
  app.setErrorHandler(refuse);

  async function answer(request: FastifyRequest, reply: FastifyReply, path: string): Promise<void> {
    const { method, arrived } = await read(request, reply, path, languageOf(request.raw));
    const said = await method(flow, arrived);
    for (const mistake of said.mistakes ?? [])
      recordFault(mistake, request.id, arrived.address, arrived.body);
    for (const failure of said.failures ?? []) recordFailure(failure, request.id, arrived.address);
    send(request, reply, said);
  }

  function languageOf({ headers }: Pick<IncomingMessage, 'headers'>) {
    return acceptedLanguage(headers['accept-language'], config.language);
  }

  function statusOf({ status }: { status: number }): number {
    return config.always200 ? 200 : status;
  }

  function send(request: FastifyRequest, reply: FastifyReply, answer: Sent): void {
    const { body, errorCode } = answer;
    const status = statusOf(answer);
    const route = request.routeOptions.url ?? 'unknown';
    const ms = performance.now() - (request.startedAt ?? performance.now());
    metrics.observeRequest({ route, method: request.method, status, errorCode, seconds: ms / 1000 });
    if (parting.connection !== undefined) reply.header('connection', parting.connection);
    if (!reply.hasHeader('content-type')) reply.header('content-type', answer.type ?? jsonUtf8);
    if (request.aside !== undefined) writeAside(reply, request.aside, ms);
    reply.code(status).header('x-request-id', request.id);
    last.noteAnswer(request.raw);
    atOnce(() => {
      openRequests.end(request.raw);
      reply.send(body);
    });
  }

  function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    // A client has left in the midst of its lines: they were counted when the first of them was asked for.
    if ((error as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    if (last.isAnsweredEarly(request.raw)) return void reply.hijack();
    const address = request.address ?? addresses.of(request.raw);
    const fault = recordFault(error, request.id, address, request.spoken?.fields);
    const retryAfter = retryAfterOf(fault);
    if (retryAfter > 0) reply.header('retry-after', retryAfter);
    // Closing on a client that is still sending would reset the connection before it has read why. Only a banned one
    // is not worth reading on for; the request timeout bounds the others.
    if (fault.code === 'ERROR_IP_BANNED') reply.header('connection', 'close');
    const { dialect, fields } = request.spoken ?? spokenIn(request.raw);
    const said = { path: request.routeOptions.url ?? '', url: request.raw.url ?? '', fields };
    const refusal = dialect.refusal(fault, languageOf(request.raw), said);
    // Whoever hangs up must not raise the figure that tells how often the server fails.
    send(request, reply, isClientGone(fault) ? { ...refusal, errorCode: 'client_gone' } : refusal);
  }

  answerOddRequests(app.server, answerRaw);
  closeStalledReaders(app.server);

  metrics.gauge('legible_bans_active', 'Addresses banned now.', () => flow.protection.bannedAddresses);
  metrics.gauge('legible_key_blocks_active', 'Keys blocked now.', () => flow.protection.blockedKeys);
  metrics.gauge('legible_tasks_underway', 'Tasks being worked on now.', () => flow.underway.count);

  let closeBeside = async () => {};
  let besideClosed: Promise<void> | undefined;
  app.addHook('onReady', async () => {
    await flow.start();
    const beside = await listenBeside(app.server, config.host, config.dialectPorts);
    closeBeside = beside.close;
    for (const [port, dialect] of beside.ports) {
      dialectByPort.set(port, dialect);
      parts.onBesidePort?.(port, dialect);
    }
  });
  app.addHook('preClose', async () => {
    await parting.drain(() => flow.drain());
    besideClosed = closeBeside();
  });
  app.addHook('onClose', () => besideClosed);

  return app;
}
