import type { FastifyReply } from 'fastify';
import type { Aside } from '../flow/aside.ts';

/**
 * Writes what an answer tells beside the contract: limits as the IETF's draft of RateLimit fields says (the window
 * is 60 s wherever it is laid), the cost in USD, times in milliseconds.
 */
export function writeAside(reply: FastifyReply, aside: Aside, totalMs: number): void {
  const { rate, cost, waitSeconds, times } = aside;
  if (rate !== undefined) {
    reply.header('ratelimit-policy', `"${rate.name}";q=${rate.most};w=60`);
    reply.header('ratelimit', `"${rate.name}";r=${rate.left};t=${Math.ceil(rate.resetMs / 1000)}`);
  }
  if (cost !== undefined) reply.header('x-legible-cost', String(cost / 1_000_000));
  if (waitSeconds !== undefined) reply.header('preference-applied', `wait=${waitSeconds}`);
  let timing = '';
  for (const [step, ms] of times) timing += `${step};dur=${rounded(ms)}, `;
  reply.header('server-timing', `${timing}total;dur=${rounded(totalMs)}`);
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
