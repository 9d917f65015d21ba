import { type RawBuilder, sql } from 'kysely';
import { milliseconds, mostSeconds } from '../../settings/milliseconds.ts';
import type { Violation } from '../admin.ts';
import { type Operation, rows, type Statement, statement } from '../statement.ts';
import { checkpoints, type Stretch, tasksIn } from './balances.ts';
import {
  type Difference,
  differencesNow,
  differencesOfCheckpoint,
  type Finding,
  firstOf,
} from './differences.ts';
import { overdueAfterMs } from './gauges.ts';

interface Values extends Stretch {
  now: number;
}

interface Rule {
  invariant: string;
  says: string;
  query: Statement<Values, Finding>;
}

/** Each query finds what breaks a rule: what it is, what the ledger says, and what stands there. */
function rule(invariant: string, says: string, text: (values: Values) => RawBuilder<unknown>): Rule {
  return {
    invariant,
    says,
    query: statement((db, p: Values) => ({
      compile: () => firstOf(text(p)).compile(db),
    })),
  };
}

const longestMs = milliseconds(mostSeconds);

const rules: Rule[] = [
  rule(
    'I3',
    '0 ≤ pending ≤ posted',
    () => sql`
    select id as subject, posted as expected, pending as found from account
    where pending < 0 or pending > posted`,
  ),

  rule(
    'I4',
    'an open task has one reservation, an ended one also one settlement or release',
    () => sql`
    select t.id as subject, case when t.state in ('queued', 'running') then 1 else 2 end as expected,
      count(e.number) as found
    from task t left join entry e on e.task_id = t.id
    group by t.id, t.state
    having count(e.number) <> case when t.state in ('queued', 'running') then 1 else 2 end`,
  ),

  rule(
    'I4',
    'what is settled or released is what was reserved, once',
    // A reservation may stand before the stretch in which it ends: only those are looked up.
    (stretch) => sql`
    select t.task_id as subject, coalesce(r.amount, -1) as expected, t.ended as found
    from (
      select * from (${tasksIn(stretch)}) every_task where ends > 0 and
        (reserves <> 1 or ends <> 1 or reserved <> ended or reserved_calls <> ended_calls)
    ) t left join entry r on r.task_id = t.task_id and r.kind = 'reserve'
    where r.number is null or t.reserves > 1 or t.ends > 1 or r.amount <> t.ended or r.calls <> t.ended_calls`,
  ),

  rule(
    'I4',
    'an open reservation has an open task',
    (stretch) => sql`
    select r.task_id as subject, 1 as expected, 0 as found from (${tasksIn(stretch)}) r
    where r.reserves > 0 and r.ends = 0
      and not exists (select 1 from task t where t.id = r.task_id and t.state in ('queued', 'running'))`,
  ),

  rule(
    'I4',
    'a task has the account, the price and the package of its reservation',
    () => sql`
    select t.id as subject, 1 as expected, 0 as found
    from task t join entry r on r.task_id = t.id and r.kind = 'reserve'
    where r.debit <> t.account_id or r.amount <> t.price or r.package_id is distinct from t.package_id`,
  ),

  rule(
    'I4',
    'an open task falls due within the longest time that can be set',
    () => sql`
    select id as subject, created_at + ${sql.lit(longestMs)} as expected, deadline as found from task
    where state in ('queued', 'running') and deadline > created_at + ${sql.lit(longestMs)}`,
  ),

  rule(
    'I6',
    'no hold stands 30 s after its deadline',
    ({ now }) => sql`
    select id as subject, deadline as expected, cast(${now} as bigint) as found from task
    where state in ('queued', 'running') and deadline < cast(${now} as bigint) - ${sql.lit(overdueAfterMs)}`,
  ),

  rule(
    'I8',
    'only a ready task is charged',
    () => sql`
    select t.id as subject, 1 as expected, 0 as found from task t
    where (t.state = 'ready') <> exists (select 1 from entry e where e.task_id = t.id and e.kind = 'settle')
      and t.state in ('ready', 'failed')`,
  ),

  rule(
    'I8',
    'a ready task has what it was charged for',
    () => sql`
    select id as subject, 1 as expected, 0 as found from task where state = 'ready' and solution is null`,
  ),
];

/** The ledger and its checkpoints, where they have not both of the triggers, or the one that does for both. */
const changeable = statement((db, _: object, engine) => ({
  compile: () =>
    (engine === 'sqlite'
      ? sql<{
          name: string;
        }>`select name from sqlite_master t where type = 'table' and name in ('entry', 'checkpoint')
          and (select count(*) from sqlite_master g where g.type = 'trigger' and g.tbl_name = t.name) <> 2`
      : sql<{ name: string }>`select c.relname as name from pg_class c
          where c.oid in (to_regclass('entry'), to_regclass('checkpoint')) and not exists
            (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname = c.relname || '_no_change'
              and t.tgenabled = 'O')`
    ).compile(db),
}));

/** What accounts and packages are compared for. */
const comparisons: [Difference['about'], invariant: string, says: string][] = [
  ['posted', 'I1', 'posted is what was paid in, adjusted and charged'],
  ['pending', 'I2', 'pending is what open reservations hold'],
  ['calls', 'I2', 'calls left are those granted, not held and not used'],
  ['sum', 'I5', 'all accounts and the house sum to zero'],
];

const only = (about: string, found: Difference[]) => found.filter((one) => one.about === about);

/**
 * Recounts the books from the ledger's lines since the last checkpoint, or with `whole` from the first, past all
 * checkpoints; returns every rule that they break, and where.
 */
export function* audit(now: number, { whole = false } = {}): Operation<Violation[]> {
  const violations: Violation[] = [];
  function note(invariant: string, says: string, findings: Finding[]): void {
    for (const { subject, expected, found } of findings)
      violations.push({ invariant, detail: `${says}: ${subject}, expected ${expected}, found ${found}` });
    const more = (findings[0]?.total ?? 0) - findings.length;
    if (more > 0) violations.push({ invariant, detail: `${says}: ${more} more` });
  }

  const kept = yield* checkpoints();
  let since = 0;
  if (whole)
    for (const entry of kept) {
      const says = `the checkpoint after entry ${entry} is what the lines before it say`;
      const found = yield* differencesOfCheckpoint({ since, upTo: entry });
      for (const column of ['posted', 'pending', 'calls']) note('I1', says, only(column, found));
      since = entry;
    }
  else since = kept.at(-1) ?? 0;

  const upTo = Number.MAX_SAFE_INTEGER;
  const found = yield* differencesNow({ since, upTo });
  for (const [about, invariant, says] of comparisons) note(invariant, says, only(about, found));

  for (const { invariant, says, query } of rules)
    note(invariant, says, yield* rows(query, { now, since: whole ? 0 : since, upTo }));
  for (const { name } of yield* rows(changeable, {}))
    violations.push({
      invariant: 'I9',
      detail: `the triggers that keep the table ${name} append-only are not there`,
    });
  return violations;
}
