import type { Lease, TakenTask } from '../records.ts';
import { change, first, type Operation, statement } from '../statement.ts';
import { idsOf } from './idList.ts';
import { isOpen } from './openTasks.ts';

const selectQueued = statement((db, p: { now: number; busyAccounts: string }, engine) => {
  const oldest = db
    .selectFrom('task')
    .select([
      'id as taskId',
      'account_id as accountId',
      'key_id as keyId',
      'type',
      'payload',
      'deadline',
      'lease',
      'callback_url as callbackUrl',
    ])
    .where(isOpen)
    .where('state', '=', 'queued')
    .where('deadline', '>', p.now)
    .where('account_id', 'not in', idsOf(p.busyAccounts, engine))
    .orderBy('deadline')
    .limit(1);
  return engine === 'postgres' ? oldest.forUpdate().skipLocked() : oldest;
});

const lend = statement((db, p: { id: string; lease: number; node: string }) =>
  db
    .updateTable('task')
    .set({ state: 'running', lease: p.lease, node: p.node })
    .where('id', '=', p.id)
    .where('state', '=', 'queued'),
);

const returnToQueue = statement((db, p: Lease) =>
  db
    .updateTable('task')
    .set({ state: 'queued' })
    .where('id', '=', p.taskId)
    .where('lease', '=', p.lease)
    .where('state', '=', 'running')
    .where('payload', 'is not', null),
);

/** Puts a task that was lent back into the queue; false when it has ended, or the lease is not the last. */
export function* handBack({ taskId, lease }: Lease): Operation<boolean> {
  return (yield* change(returnToQueue, { taskId, lease })) > 0;
}

const queueAgain = statement((db, p: { node: string; known: string }, engine) =>
  db
    .updateTable('task')
    .set((eb) => ({ state: 'queued', lease: eb('lease', '+', 1) }))
    .where(isOpen)
    .where('state', '=', 'running')
    .where('node', '=', p.node)
    .where('payload', 'is not', null)
    .where('id', 'not in', idsOf(p.known, engine)),
);

/** Puts back what was lent to a process that does not know of it; returns how many there were. */
export function* reclaim(node: string, known: readonly string[]): Operation<number> {
  return yield* change(queueAgain, { node, known: JSON.stringify(known) });
}

/**
 * Lends the queued task that is due first, of any account but these, to a worker; its lease grows, so that a worker
 * before it is fenced off.
 */
export function* take(
  node: string,
  { now, busyAccounts }: { now: number; busyAccounts: readonly string[] },
): Operation<TakenTask | undefined> {
  const task = yield* first(selectQueued, { now, busyAccounts: JSON.stringify(busyAccounts) });
  if (task === undefined) return undefined;
  const lease = task.lease + 1;
  yield* change(lend, { id: task.taskId, lease, node });
  return { ...task, lease };
}
