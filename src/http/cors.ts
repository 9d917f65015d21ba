import type { FastifyCorsOptions } from '@fastify/cors';
import { answerHeaders } from './openapi/headers.ts';

/** What pages of these origins may do: call by GET and POST, send any header, and read what answers tell by theirs. */
export function corsOf(origins: string[]): FastifyCorsOptions {
  return {
    origin: origins,
    methods: ['GET', 'POST'],
    exposedHeaders: Object.keys(answerHeaders),
    maxAge: 600,
    // The default dialect knows no other success.
    optionsSuccessStatus: 200,
    // Its refusal would not be in the contract's form.
    strictPreflight: false,
  };
}
