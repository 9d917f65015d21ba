import { type RawBuilder, sql } from 'kysely';
import { change, first, type Operation, rows, statement } from '../statement.ts';
import { endOfCheckpoint, lastCheckpoint, recount, recounting, type Stretch, tasksIn } from './balances.ts';

const selectLast = statement((db) => db.selectFrom('entry').select((eb) => eb.fn.max('number').as('last')));

/** The lines after the last checkpoint; those that somebody is still writing may be among them, or not. */
export function* sinceCheckpoint(): Operation<Stretch> {
  return { since: yield* lastCheckpoint(), upTo: (yield* first(selectLast, {}))?.last ?? 0 };
}

/** While this waits for the lock, perhaps behind a vacuum, everybody's money waits behind it: not for long. */
const boundWait = onPostgres(sql`set local lock_timeout = 100`);
const lockEntries = onPostgres(sql`lock table entry in share mode`);

function onPostgres(query: RawBuilder<unknown>) {
  return statement((db, _: object, engine) => ({
    compile: () => (engine === 'postgres' ? query : sql`select 1 where 1 = 0`).compile(db),
  }));
}

/**
 * The last line below which no number comes any more: PostgreSQL gives numbers out before the lines are there, so that
 * this waits for everybody who is writing. Fails with `55P03` where somebody does not let go.
 */
export function* lastSettledLine(): Operation<number> {
  yield* rows(boundWait, {});
  yield* rows(lockEntries, {});
  return (yield* first(selectLast, {}))?.last ?? 0;
}

/** The first reservation of the stretch that ends neither in it nor after it. */
const selectFirstOpen = statement((db, p: Stretch) => ({
  compile: () =>
    sql<{ number: number | null }>`
    select min(r.number) as number from (${tasksIn(p)}) r where r.reserves > 0 and r.ends = 0
      and not exists (select 1 from entry e where e.task_id = r.task_id and e.kind <> 'reserve')`.compile(db),
}));

/** The line of a checkpoint whose writer has not ended it. */
const selectUnfinished = statement((db, p: { since: number }) =>
  db
    .selectFrom('checkpoint')
    .select((eb) => eb.fn.min('entry').as('entry'))
    .where('entry', '>', p.since),
);

/**
 * How far the next checkpoint reaches: `every` lines on, or to the line before the first open reservation. Undefined where
 * that stands in the first half of them, as it may for ever. A checkpoint that is unfinished is ended first: no reservation
 * before its line was open, and none will be.
 */
export function* nextCheckpoint(since: number, every: number): Operation<Stretch | undefined> {
  const unfinished = (yield* first(selectUnfinished, { since }))?.entry;
  if (unfinished != null) return { since, upTo: unfinished };
  const upTo = since + every;
  const open = (yield* first(selectFirstOpen, { since, upTo }))?.number;
  if (open == null) return { since, upTo };
  return open - since <= every / 2 ? undefined : { since, upTo: open - 1 };
}

/** Balances that one commit writes: who waits behind 1,000 does not notice; of all at once that would be seconds. */
const atOnce = 1_000;

const selectPages = recounting<{ page: string }>((stretch, isFromFirst, engine) => {
  const page =
    engine === 'postgres'
      ? sql`cast(json_agg(json_build_object('kind', kind, 'subject', subject, 'posted', posted, 'pending', pending,
          'calls', calls) order by kind, subject) as text)`
      : sql`json_group_array(json_object('kind', kind, 'subject', subject, 'posted', posted, 'pending', pending,
          'calls', calls))`;
  return sql`select ${page} as page from (
      select c.*, (row_number() over (order by kind, subject) - 1) / ${sql.lit(atOnce)} as place
      from (${recount(stretch, isFromFirst)}) c
    ) placed group by place order by place`;
});

/** The balances after a stretch, as texts of JSON for keepCheckpoint, a thousand in each; the last ends the checkpoint. */
export function* draftCheckpoint(stretch: Stretch): Operation<string[]> {
  const pages = (yield* selectPages(stretch)).map(({ page }) => page);
  return [...pages, JSON.stringify([endOfCheckpoint])];
}

const insertBalances = statement((db, p: { entry: number; at: number; balances: string }, engine) => ({
  compile: () =>
    sql`insert into checkpoint (entry, kind, subject, posted, pending, calls, at)
    select cast(${p.entry} as bigint), kind, subject, posted, pending, calls, cast(${p.at} as bigint) from ${
      engine === 'postgres'
        ? sql`json_to_recordset(cast(${p.balances} as json))
            as b (kind text, subject text, posted bigint, pending bigint, calls bigint)`
        : sql`(select value ->> 'kind' as kind, value ->> 'subject' as subject, value ->> 'posted' as posted,
            value ->> 'pending' as pending, value ->> 'calls' as calls from json_each(${p.balances}))`
    } where true on conflict do nothing`.compile(db),
}));

/** Keeps a page of the checkpoint after an entry; that of another process at the same line says the same. */
export function* keepCheckpoint(entry: number, page: string, at: number): Operation<void> {
  yield* change(insertBalances, { entry, at, balances: page });
}
