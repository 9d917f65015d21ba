import type { FastifyReply } from 'fastify';
import type { Aside } from '../flow/stages.ts';

/** Writes what an answer tells beside the contract. */
export function writeAside(reply: FastifyReply, { waitSeconds }: Aside): void {
  if (waitSeconds !== undefined) reply.header('preference-applied', `wait=${waitSeconds}`);
}
