import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyRequest } from 'fastify';
import { answerHeaders } from './openapi/headers.ts';

/** What pages of these origins may do: call by GET and POST, send any header, and read what answers tell by theirs. */
export function corsOf(origins: string[]) {
  const options: FastifyCorsOptions = {
    origin: origins,
    methods: ['GET', 'POST'],
    exposedHeaders: Object.keys(answerHeaders),
    maxAge: 600,
    // The default dialect knows no other success.
    optionsSuccessStatus: 200,
  };
  // Another OPTIONS is a call like any other, which is refused in the contract's form.
  const delegator = (request: FastifyRequest, done: (error: null, its: FastifyCorsOptions) => void) =>
    done(null, { ...options, preflight: isPreflight(request) });
  return { delegator };
}

function isPreflight({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}
