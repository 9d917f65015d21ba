import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { buildFlow } from '../flow/flow.ts';
import type { FlowParts } from '../flow/steps.ts';
import type { DialectName } from '../settings/dialects.ts';
import { version } from '../version.ts';
import { languageReader } from './acceptLanguage.ts';
import { decorateRequests } from './arrived.ts';
import { BesidePorts } from './besidePorts.ts';
import { bodyReader } from './bodyBytes.ts';
import { readAddresses } from './clientAddress.ts';
import { corsOf } from './cors.ts';
import { addDialectPaths } from './dialectPaths.ts';
import { dialectDetector } from './dialects/spoken.ts';
import { faultRecorder } from './faults.ts';
import { messenger } from './messages.ts';
import { addOwnPaths } from './ownPaths.ts';
import { partingFrom } from './parting.ts';
import { rawRefusals } from './rawRefusal.ts';
import { answerOddRequests, lastRequests, rawAnswerer } from './rawSocket.ts';
import { receiver } from './receive.ts';
import { replier } from './reply.ts';
import { pathOf, requestIdOf } from './requestHead.ts';
import { requestReader } from './requestReader.ts';
import { cutOnceLost, httpServer, OpenRequests, shareConnections } from './sockets.ts';
import { closeStalledReaders } from './stalledReaders.ts';
import { together } from './together.ts';
import { noSuchMethod } from './wireFault.ts';

/** Ids, chance and the machine's time are a production server's where they are not given. */
type ServerParts = Omit<FlowParts, 'newId' | 'random' | 'machineTime' | 'messageOf'> &
  Partial<Pick<FlowParts, 'newId' | 'random' | 'machineTime'>> & {
    /** What a classification can be asked, as GET /questions lists it. */
    questions: Record<string, unknown>;
    /** Told of each port that it answers on besides the one of `listen`. */
    onBesidePort?: (port: number, dialect: DialectName) => void;
    /** How long a stopped server still answers on open connections. */
    lingerMs?: number;
  };

const jsonType = 'application/json';

/** What Node is told of sockets and of requests that arrive; times in milliseconds. */
const nodeOptions = {
  keepAliveTimeout: 5_000,
  requestTimeout: 15_000,
  http: {
    headersTimeout: 5_000,
    // Node looks for slow sockets every 30 s unless told otherwise.
    connectionsCheckingInterval: 1_000,
    // Node would answer a missing Host itself, with an empty body.
    requireHostHeader: false,
  },
};

/**
 * The API. `listen` starts it; `close` refuses new tasks, waits for those under way as long as the setting
 * allows, and only then closes. Every answer, whatever went wrong, is the contract's JSON with its statuses.
 */
export function buildServer(parts: ServerParts): FastifyInstance {
  const { config, log, metrics, newId = randomUUID, random = Math.random, machineTime = Date.now } = parts;
  const { strict } = config;
  const messageOf = messenger(config.language);
  const flow = buildFlow({ ...parts, newId, random, machineTime, messageOf });
  const addresses = readAddresses(config.trustedProxies, (peer) =>
    log.warn(
      { peer },
      'X-Forwarded-For of a proxy that trustedProxies does not name: bans fall on all its clients',
    ),
  );
  const beside = new BesidePorts();
  const spokenIn = dialectDetector(beside.dialects);
  const languageOf = languageReader(config.language);
  const atOnce = together((error) => log.error({ err: error }, 'an answer could not be written'));
  const readBody = bodyReader(config);
  const { read, readPlain } = requestReader({ strict, flow, languageOf });
  const recorder = faultRecorder({ flow, addresses, log, metrics });
  const { recordFault } = recorder;

  const last = lastRequests();
  const answerRaw = rawAnswerer(
    last,
    rawRefusals({ config, flow, addresses, spokenIn, recordFault, languageOf, newId }),
  );

  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // One child logger for each request would cost more than the line it would write.
    childLoggerFactory: (logger) => logger,
    serverFactory: httpServer,
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => requestIdOf(request, newId),
    rewriteUrl: ({ url }) => pathOf(url ?? '/'),
    routerOptions: { ignoreTrailingSlash: true },
    exposeHeadRoutes: false,
    // Its default of 10 s would cut a drain short, and make the close fail.
    pluginTimeout: 0,
    return503OnClosing: false,
    clientErrorHandler: answerRaw,
    // What Fastify refuses before any hook has run.
    frameworkErrors(error, request, reply) {
      try {
        if (letIn(request, reply)) refuse(error, request, reply);
      } catch (refusal) {
        refuse(refusal, request, reply);
      }
    },
    ...nodeOptions,
  });
  last.watch(app.server);
  app.server.maxConnections = config.maxConnections;
  // Node 22 drops what comes after the 1,000th, which may be X-Forwarded-For; all of them have 16 KiB at most.
  app.server.maxHeadersCount = 0;
  const sharing = { most: config.maxConnections, addresses, clock: parts.clock };
  const openRequests = new OpenRequests(shareConnections(app.server, sharing));
  const parting = partingFrom(app.server, parts.lingerMs);
  cutOnceLost(app.server, parts.lost);

  decorateRequests(app);

  const { letIn, receive } = receiver({
    strict,
    flow,
    addresses,
    spokenIn,
    openRequests,
    bodyType: jsonType,
  });
  const { send, refuse } = replier({
    config,
    metrics,
    addresses,
    spokenIn,
    languageOf,
    recordFault,
    last,
    openRequests,
    parting,
    atOnce,
  });

  if (config.corsOrigins.length > 0) app.register(cors, corsOf(config.corsOrigins));
  // After CORS: a page must be able to read why its call was refused.
  app.after(() => app.addHook('onRequest', receive));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(jsonType, (request, payload, done) =>
    readBody(payload, request.address ?? '', done),
  );

  addDialectPaths(app, { flow, read, recorder, send });
  const document = { ...parts, ...config, version };
  const { questions } = parts;
  addOwnPaths(app, { flow, document, questions, readPlain, recorder, send });
  app.setNotFoundHandler((request, reply) => refuse(noSuchMethod(), request, reply));
  app.setErrorHandler(refuse);

  answerOddRequests(app.server, answerRaw);
  closeStalledReaders(app.server);

  app.addHook('onReady', async () => {
    await flow.start();
    await beside.listen(app.server, config.host, config.dialectPorts);
    for (const [port, dialect] of beside.dialects) parts.onBesidePort?.(port, dialect);
  });
  app.addHook('preClose', async () => {
    await parting.drain(() => flow.drain());
    // Waited for at the end: the server closes idle connections of these ports, too, once it closes itself.
    void beside.close();
  });
  app.addHook('onClose', () => beside.close());

  return app;
}
