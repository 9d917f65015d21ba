import { first, type Operation, statement } from '../statement.ts';
import { isOpen } from './openTasks.ts';

const selectOpen = statement((db) => db.selectFrom('task').select('id').where(isOpen).limit(1));

const selectKept = statement((db, p: { now: number }) =>
  db.selectFrom('task').select('id').where('expires_at', '>', p.now).limit(1),
);

const selectOpenOf = statement((db, p: { node: string }) =>
  db.selectFrom('task').select('id').where(isOpen).where('node', '=', p.node).limit(1),
);

/** Whether a task is under way that this process works on, or has queued and no other has taken. */
export function* isAnyOpenOf(node: string): Operation<boolean> {
  return (yield* first(selectOpenOf, { node })) !== undefined;
}

/** Whether any task is under way, or with `results` has a result that its client may still ask for. */
export function* isAnyStanding(now: number, { results }: { results: boolean }): Operation<boolean> {
  if ((yield* first(selectOpen, {})) !== undefined) return true;
  return results && (yield* first(selectKept, { now })) !== undefined;
}
