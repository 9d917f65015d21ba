import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import { change, type Operation, rows, statement } from '../statement.ts';
import { lockAccounts, ofFreeAccounts } from './locks.ts';
import { isOpen } from './openTasks.ts';
import { timeOut } from './release.ts';
import { tasksInRound } from './round.ts';

/** Whose tasks are left alone: those of `node`, of who was seen since, and those that were due before `since`. */
interface Dead {
  node: string;
  aliveSince: number;
  since: number;
}

/** Tasks that a dead process was running. */
const orphans = (db: Kysely<Tables>, p: Dead) =>
  db
    .selectFrom('task')
    .where(isOpen)
    .where('state', '=', 'running')
    .where('deadline', '>=', p.since)
    .where('node', '<>', p.node)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('node')
            .select('node.id')
            .whereRef('node.id', '=', 'task.node')
            .where('node.seen_at', '>=', p.aliveSince),
        ),
      ),
    );

const orphan = ['task.id', 'task.lease', 'task.payload', 'task.deaths'] as const;

const selectOrphans = statement((db, p: Dead, engine) => {
  const some = orphans(db, p).select(orphan).limit(tasksInRound(engine));
  return engine === 'postgres' ? ofFreeAccounts(some) : some;
});

const selectOrphansOf = statement((db, p: Dead & { accountId: string }, engine) =>
  orphans(db, p).select(orphan).where('account_id', '=', p.accountId).limit(tasksInRound(engine)),
);

const selectAccounts = statement((db, p: Dead) => orphans(db, p).select('account_id').distinct().limit(8));

const requeue = statement((db, p: { id: string; lease: number }) =>
  db
    .updateTable('task')
    // A new lease: who was thought dead may yet come and fail what another will do.
    .set((eb) => ({ state: 'queued', lease: eb('lease', '+', 1), deaths: eb('deaths', '+', 1) }))
    .where('id', '=', p.id)
    .where('lease', '=', p.lease)
    .where('state', '=', 'running'),
);

/** A picture that has killed two workers is not given to a third. */
const mostDeaths = 2;

function* mend(task: { id: string; lease: number; payload: string | null; deaths: number }, now: number) {
  if (task.payload !== null && task.deaths + 1 < mostDeaths) yield* change(requeue, task);
  else yield* timeOut(task, now);
}

/**
 * One round of repair: tasks that a dead process was running are queued again where a worker can do so, or
 * else fail at once and cost nothing. Returns how many it repaired; 0 when none is left, or somebody holds their accounts.
 * Those that were due before `since` are left to the sweep.
 */
export function* repair(node: string, aliveSince: number, now: number, since = 0): Operation<number> {
  const found = yield* rows(selectOrphans, { node, aliveSince, since });
  for (const task of found) yield* mend(task, now);
  return found.length;
}

/** Accounts of tasks that rounds of repair have passed over. */
export function* orphanAccounts(dead: Dead): Operation<string[]> {
  return (yield* rows(selectAccounts, dead)).map((task) => task.account_id);
}

/** One round of repair of one account, which is waited for; returns how many it repaired, 0 when none is left. */
export function* repairOf(which: Dead & { accountId: string; now: number }): Operation<number> {
  yield* lockAccounts([which.accountId]);
  const found = yield* rows(selectOrphansOf, which);
  for (const task of found) yield* mend(task, which.now);
  return found.length;
}
