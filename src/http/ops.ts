import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Metrics } from '../metrics.ts';
import { within } from '../within.ts';

export interface OpsParts {
  metrics: Metrics;
  /** What must work for requests to be served; each throws or rejects when it does not. */
  checks: Record<string, () => Promise<unknown>>;
  isDraining(): boolean;
  version: string;
  log: FastifyBaseLogger;
  /** A check that takes longer has failed. */
  checkMs?: number;
}

/** Health and metrics, on a port of their own so that clients of the API cannot reach them. */
export function createOps({ metrics, checks, isDraining, version, log, checkMs = 2_000 }: OpsParts) {
  const ops = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });

  ops.get('/livez', async () => ({ status: 'ok', version }));

  ops.get('/readyz', async (_request, reply) => {
    const entries = Object.entries(checks).map(async ([name, check]) => {
      try {
        await within(checkMs, check());
        return [name, 'ok'];
      } catch (error) {
        log.warn({ err: error, check: name }, 'not ready');
        return [name, 'failed'];
      }
    });
    const results = Object.fromEntries(await Promise.all(entries));
    const failed = Object.values(results).includes('failed');
    const status = isDraining() ? 'draining' : failed ? 'failed' : 'ok';
    return reply.code(status === 'ok' ? 200 : 503).send({ status, checks: results });
  });

  ops.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  return ops;
}
