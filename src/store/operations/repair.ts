import type { Kysely } from 'kysely';
import type { Tables } from '../schema.ts';
import { change, type EngineName, first, type Operation, rows, statement } from '../statement.ts';
import { idsOf } from './idList.ts';
import { lockAccounts, ofFreeAccounts } from './locks.ts';
import { isOpen } from './openTasks.ts';
import { timeOut } from './release.ts';
import { bound, type Except, type OpenTask, tasksInRound } from './round.ts';

/** Whose tasks are left alone: those of `node`, of who was seen since, and those that were due before `since`. */
interface Dead {
  node: string;
  aliveSince: number;
  since: number;
}

type DeadBut = Dead & { except: string };

/** Tasks that a dead process was running. */
const orphans = (db: Kysely<Tables>, p: DeadBut, engine: EngineName) =>
  db
    .selectFrom('task')
    .where(isOpen)
    .where('state', '=', 'running')
    .where('deadline', '>=', p.since)
    .where('node', '<>', p.node)
    .where('task.id', 'not in', idsOf(p.except, engine))
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

const orphan = ['task.id', 'task.lease', 'task.payload', 'task.deaths', 'task.account_id'] as const;

const selectOrphans = statement((db, p: DeadBut, engine) => {
  const some = orphans(db, p, engine).select(orphan).limit(tasksInRound(engine));
  return engine === 'postgres' ? ofFreeAccounts(some) : some;
});

const selectOrphansOf = statement((db, p: DeadBut & { accountId: string }, engine) =>
  orphans(db, p, engine).select(orphan).where('account_id', '=', p.accountId).limit(tasksInRound(engine)),
);

const selectOrphan = statement((db, p: DeadBut & { taskId: string }, engine) =>
  orphans(db, p, engine).select(orphan).where('task.id', '=', p.taskId),
);

const selectAccounts = statement((db, p: DeadBut, engine) =>
  orphans(db, p, engine).select('account_id').distinct().limit(8),
);

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
export function* repair(
  node: string,
  aliveSince: number,
  now: number,
  since = 0,
  except: readonly string[] = [],
): Operation<number> {
  const found = yield* rows(selectOrphans, bound({ node, aliveSince, since, except }));
  for (const task of found) yield* mend(task, now);
  return found.length;
}

/** Accounts of tasks that rounds of repair have passed over. */
export function* orphanAccounts(dead: Dead & Except): Operation<string[]> {
  return (yield* rows(selectAccounts, bound(dead))).map((task) => task.account_id);
}

/** One round of repair of one account, which is waited for; returns how many it repaired, 0 when none is left. */
export function* repairOf(which: Dead & Except & { accountId: string; now: number }): Operation<number> {
  yield* lockAccounts([which.accountId]);
  const found = yield* rows(selectOrphansOf, bound(which));
  for (const task of found) yield* mend(task, which.now);
  return found.length;
}

/** The tasks that the next round of repair would be about, or of one account. */
export function* orphanTasks({
  accountId,
  ...dead
}: Dead & Except & { accountId?: string }): Operation<OpenTask[]> {
  const found = yield* accountId === undefined
    ? rows(selectOrphans, bound(dead))
    : rows(selectOrphansOf, { ...bound(dead), accountId });
  return found.map((task) => ({ taskId: task.id, accountId: task.account_id }));
}

/** Repairs one task, whose account is waited for; false where somebody else has ended or taken it. */
export function* repairTask({
  now,
  ...which
}: Dead & OpenTask & Except & { now: number }): Operation<boolean> {
  yield* lockAccounts([which.accountId]);
  const task = yield* first(selectOrphan, bound(which));
  if (task !== undefined) yield* mend(task, now);
  return task !== undefined;
}
