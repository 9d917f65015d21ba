import { type RawBuilder, sql } from 'kysely';
import { type EngineName, type Operation, rows, type Statement, statement } from '../statement.ts';

/** What a line of the ledger leaves an account (also the house's) or a package with. */
export interface Balance {
  kind: 'account' | 'package';
  subject: string;
  posted: number;
  pending: number;
  calls: number;
}

/** The lines of the ledger after `since`, as far as `upTo`. */
export interface Stretch {
  since: number;
  upTo: number;
}

const none = sql`select 'account' as kind, '' as subject, 0 as posted, 0 as pending, 0 as calls where 1 = 0`;

/**
 * What everybody has after `upTo`, going on from the checkpoint at `since`, or from nothing where that is the first line.
 * Each line is read once; what it moves is then only a few sums by account.
 */
export function recount({ since, upTo }: Stretch, isFromFirst: boolean) {
  const opening = isFromFirst ? none : balancesAt(since);
  return sql<Balance>`
    with moved as materialized (
      select kind, debit, credit, package_id, sum(amount) as amount, sum(calls) as calls from entry
      where number > ${since} and number <= ${upTo}
      group by kind, debit, credit, package_id
    )
    select kind, subject, sum(posted) as posted, sum(pending) as pending, sum(calls) as calls from (
      ${opening}
      union all select 'account', credit, amount, 0, 0 from moved where kind in ('topup', 'adjust', 'settle')
      union all select 'account', debit, -amount, 0, 0 from moved where kind in ('topup', 'adjust', 'settle')
      union all select 'account', debit, 0, amount, 0 from moved where kind = 'reserve'
      union all select 'account', debit, 0, -amount, 0 from moved where kind = 'settle'
      union all select 'account', credit, 0, -amount, 0 from moved where kind = 'release'
      union all select 'package', package_id, 0, 0, calls from moved
        where kind in ('grant', 'release') and package_id is not null
      union all select 'package', package_id, 0, 0, -calls from moved
        where kind = 'reserve' and package_id is not null
    ) every_side
    group by kind, subject having sum(posted) <> 0 or sum(pending) <> 0 or sum(calls) <> 0`;
}

/** What stands in a checkpoint. */
export function balancesAt(entry: number) {
  return sql<Balance>`select kind, subject, posted, pending, calls from checkpoint where entry = ${entry}`;
}

/** A query of a recount. Two statements: in books of before there were checkpoints one cannot ask for any. */
export function recounting<R>(
  text: (stretch: Stretch, isFromFirst: boolean, engine: EngineName) => RawBuilder<R>,
): (stretch: Stretch) => Operation<R[]> {
  const [fromFirst, fromCheckpoint] = [true, false].map((isFromFirst) =>
    statement((db, p: Stretch, engine) => ({ compile: () => text(p, isFromFirst, engine).compile(db) })),
  ) as [Statement<Stretch, R>, Statement<Stretch, R>];
  return (stretch) => rows(stretch.since === 0 ? fromFirst : fromCheckpoint, stretch);
}

/**
 * The tasks of a stretch, with what it reserves and ends of each. Grouped by an expression, so that SQLite sorts the
 * stretch and does not walk the index on task_id: to look each task up there took minutes in ten million lines.
 */
export function tasksIn({ since, upTo }: Stretch) {
  return sql`
    select task_id || '' as task_id, min(number) as number,
      count(*) filter (where kind = 'reserve') as reserves,
      min(amount) filter (where kind = 'reserve') as reserved,
      min(calls) filter (where kind = 'reserve') as reserved_calls,
      count(*) filter (where kind <> 'reserve') as ends,
      min(amount) filter (where kind <> 'reserve') as ended,
      min(calls) filter (where kind <> 'reserve') as ended_calls
    from entry
    where number > ${since} and number <= ${upTo} and kind in ('reserve', 'settle', 'release')
    group by task_id || ''`;
}

/** The balance of nobody, which is written last: before it is there, a checkpoint is not. */
export const endOfCheckpoint: Balance = { kind: 'account', subject: '', posted: 0, pending: 0, calls: 0 };

/** In the very words of the index `checkpoint_whole`. */
const isEnd = sql<boolean>`subject = ''`;

const selectLast = statement((db) =>
  db
    .selectFrom('checkpoint')
    .select((eb) => eb.fn.max('entry').as('entry'))
    .where(isEnd),
);

/** After which line the last checkpoint is; 0 where there is none. */
export function* lastCheckpoint(): Operation<number> {
  return (yield* rows(selectLast, {}))[0]?.entry ?? 0;
}

const selectCheckpoints = statement((db) =>
  db.selectFrom('checkpoint').select('entry').where(isEnd).orderBy('entry'),
);

const findTable = statement((db, _: object, engine) => ({
  compile: () =>
    (engine === 'sqlite'
      ? sql`select name from sqlite_master where type = 'table' and name = 'checkpoint'`
      : sql`select 1 as name where to_regclass('checkpoint') is not null`
    ).compile(db),
}));

/** After which lines there is a checkpoint, in order; none in a backup of a version that made none. */
export function* checkpoints(): Operation<number[]> {
  if ((yield* rows(findTable, {})).length === 0) return [];
  return (yield* rows(selectCheckpoints, {})).map(({ entry }) => entry);
}
