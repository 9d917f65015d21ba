import { change, first, type Operation, statement } from '../statement.ts';
import type { TakenTask } from '../store.ts';
import { isOpen } from './giveBack.ts';

const selectQueued = statement((db, p: { now: number }, engine) => {
  const oldest = db
    .selectFrom('task')
    .select(['id as taskId', 'account_id as accountId', 'type', 'module', 'payload', 'deadline', 'lease'])
    .where(isOpen)
    .where('state', '=', 'queued')
    .where('deadline', '>', p.now)
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

/** Lends the queued task that is due first to a worker; its lease grows, so that a worker before it is fenced off. */
export function* take(node: string, now: number): Operation<TakenTask | undefined> {
  const task = yield* first(selectQueued, { now });
  if (task === undefined) return undefined;
  const lease = task.lease + 1;
  yield* change(lend, { id: task.taskId, lease, node });
  return { ...task, lease };
}
