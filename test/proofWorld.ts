import { afterAll } from 'vitest';
import { SearchPool } from '../src/compute/pool.ts';
import { caller } from '../src/outbound/call.ts';
import { Guard } from '../src/outbound/guard.ts';
import { documentOf } from './documented.ts';
import { type Answer, openWorld, type World, type WorldOptions } from './world.ts';

let pool: SearchPool | undefined;
afterAll(() => pool?.stop());

/** A server that computes proofs on two threads, and may call this machine at these ports. */
export function openProofWorld(
  ports: number[],
  { settings = {}, engines = {}, ...more }: WorldOptions = {},
): Promise<World> {
  pool ??= new SearchPool({ threads: 2 });
  const allowed = { outboundAllow: ['127.0.0.0/8'], outboundPorts: ports };
  const { outboundAllow: allow } = { ...allowed, ...settings };
  const guard = new Guard({ allow, ports, resolve: async () => ['127.0.0.1'] });
  return openWorld({
    settings: { ...allowed, ...settings },
    engines: { proofs: pool, web: { call: caller(guard) }, ...engines },
    ...more,
  });
}

/** Asks for a task and polls until it has ended; the last answer, or createTask's when it was refused. */
export async function solved(world: World, task: Record<string, unknown>): Promise<Answer> {
  const created = await world.call('createTask', { task });
  if (created.body.errorId !== 0) return created;
  for (;;) {
    const answer = await world.call('getTaskResult', { taskId: created.body.taskId });
    if (answer.body.status === 'ready')
      (await documentOf(world)).expectSchema(`${task.type}Solution`, answer.body.solution);
    if (answer.body.status !== 'processing') return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
