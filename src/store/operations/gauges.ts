import type { StoreGauges } from '../admin.ts';
import { first, type Operation, statement } from '../statement.ts';
import { isOpen } from './openTasks.ts';

/** I6: how long after its deadline a hold may still stand. */
export const overdueAfterMs = 30_000;

const countOpen = statement((db, p: { overdue: number }) =>
  db
    .selectFrom('task')
    .select((eb) => [
      eb.fn.countAll<number>().as('open'),
      eb.fn
        .coalesce(
          eb.fn.sum<number>(eb.case().when('deadline', '<', p.overdue).then(1).else(0).end()),
          eb.lit(0),
        )
        .as('overdue'),
    ])
    .where(isOpen),
);

const sumAccounts = statement((db) =>
  db
    .selectFrom('account')
    .select((eb) => [
      eb.fn.coalesce(eb.fn.sum<number>('pending'), eb.lit(0)).as('reserved'),
      eb.fn.coalesce(eb.fn.sum<number>('posted'), eb.lit(0)).as('posted'),
    ]),
);

const countCallbacks = statement((db) =>
  db
    .selectFrom('callback')
    .select((eb) => [eb.fn.countAll<number>().as('waiting'), eb.fn.min('created_at').as('oldest')]),
);

export function* gauges(now: number): Operation<StoreGauges> {
  const tasks = (yield* first(countOpen, { overdue: now - overdueAfterMs }))!;
  const accounts = (yield* first(sumAccounts, {}))!;
  const callbacks = (yield* first(countCallbacks, {}))!;
  return {
    openTasks: tasks.open,
    overdueTasks: tasks.overdue,
    reserved: accounts.reserved,
    posted: accounts.posted,
    waitingCallbacks: callbacks.waiting,
    oldestCallback: callbacks.oldest,
  };
}
