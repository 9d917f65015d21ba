import { sql } from 'kysely';
import type { Violation } from '../admin.ts';
import { type Operation, rows, type Statement, statement } from '../statement.ts';
import { overdueAfter } from './gauges.ts';

interface Finding {
  subject: string;
  expected: number;
  found: number;
}

interface Rule {
  invariant: string;
  says: string;
  query: Statement<{ now: number }, Finding>;
}

/** Each query finds what breaks a rule: what it is, what the ledger says, and what stands there. */
function rule(invariant: string, says: string, text: (now: number) => ReturnType<typeof sql<Finding>>): Rule {
  return {
    invariant,
    says,
    query: statement((db, p: { now: number }) => ({
      compile: () => text(p.now).compile(db),
    })),
  };
}

/** Reservations that were neither settled nor released. */
const openReserves = sql`
  select r.debit as account, r.task_id, r.amount, r.calls, r.package_id from entry r
  where r.kind = 'reserve' and not exists
    (select 1 from entry e where e.task_id = r.task_id and e.kind <> 'reserve')`;

const rules: Rule[] = [
  rule(
    'I1',
    'posted is what was paid in, adjusted and charged',
    () => sql<Finding>`
    select a.id as subject, coalesce(sum(m.amount), 0) as expected, a.posted as found
    from account a left join (
      select credit as account, amount from entry where kind = 'topup'
      union all select credit, amount from entry where kind = 'adjust'
      union all select debit, -amount from entry where kind in ('adjust', 'settle')
    ) m on m.account = a.id
    group by a.id, a.posted having coalesce(sum(m.amount), 0) <> a.posted`,
  ),

  rule(
    'I2',
    'pending is what open reservations hold',
    () => sql<Finding>`
    select a.id as subject, coalesce(sum(o.amount), 0) as expected, a.pending as found
    from account a left join (${openReserves}) o on o.account = a.id
    group by a.id, a.pending having coalesce(sum(o.amount), 0) <> a.pending`,
  ),

  rule(
    'I2',
    'calls left are those granted, not held and not used',
    () => sql<Finding>`
    select p.id as subject, coalesce(sum(m.calls), 0) as expected, p.calls_left as found
    from package p left join (
      select package_id, calls from entry where kind in ('grant', 'release')
      union all select package_id, -calls from entry where kind = 'reserve'
    ) m on m.package_id = p.id
    group by p.id, p.calls_left having coalesce(sum(m.calls), 0) <> p.calls_left`,
  ),

  rule(
    'I3',
    '0 ≤ pending ≤ posted',
    () => sql<Finding>`
    select id as subject, posted as expected, pending as found from account
    where pending < 0 or pending > posted`,
  ),

  rule(
    'I4',
    'an open task has one reservation, an ended one also one settlement or release',
    () => sql<Finding>`
    select t.id as subject, case when t.state in ('queued', 'running') then 1 else 2 end as expected,
      count(e.number) as found
    from task t left join entry e on e.task_id = t.id
    group by t.id, t.state
    having count(e.number) <> case when t.state in ('queued', 'running') then 1 else 2 end`,
  ),

  rule(
    'I4',
    'what is settled or released is what was reserved, once',
    () => sql<Finding>`
    select e.task_id as subject, coalesce(min(r.amount), -1) as expected, min(e.amount) as found
    from entry e left join entry r on r.task_id = e.task_id and r.kind = 'reserve'
    where e.kind in ('settle', 'release')
    group by e.task_id
    having count(*) <> 1 or count(r.number) <> 1 or min(r.amount) <> min(e.amount) or min(r.calls) <> min(e.calls)`,
  ),

  rule(
    'I4',
    'an open reservation has an open task',
    () => sql<Finding>`
    select o.task_id as subject, 1 as expected, 0 as found from (${openReserves}) o
    where not exists (select 1 from task t where t.id = o.task_id and t.state in ('queued', 'running'))`,
  ),

  rule(
    'I5',
    'all accounts and the house sum to zero',
    () => sql<Finding>`
    select 'all accounts' as subject, 0 as expected, coalesce(sum(amount), 0) as found from (
      select posted as amount from account
      union all select amount from entry where credit like 'house:%' and kind in ('topup', 'adjust', 'settle')
      union all select -amount from entry where debit like 'house:%' and kind in ('topup', 'adjust', 'settle')
    ) every_side having coalesce(sum(amount), 0) <> 0`,
  ),

  rule(
    'I6',
    'no hold stands 30 s after its deadline',
    (now) => sql<Finding>`
    select id as subject, deadline as expected, cast(${now} as bigint) as found from task
    where state in ('queued', 'running') and deadline < cast(${now} as bigint) - ${sql.lit(overdueAfter)}`,
  ),

  rule(
    'I8',
    'only a ready task is charged',
    () => sql<Finding>`
    select t.id as subject, 1 as expected, 0 as found from task t
    where (t.state = 'ready') <> exists (select 1 from entry e where e.task_id = t.id and e.kind = 'settle')
      and t.state in ('ready', 'failed')`,
  ),
];

const appendOnlyTriggers = statement((db, _: object, engine) => ({
  compile: () =>
    (engine === 'sqlite'
      ? sql<{
          count: number;
        }>`select count(*) as count from sqlite_master where type = 'trigger' and tbl_name = 'entry'`
      : sql<{ count: number }>`select 2 * count(*) as count from pg_trigger
          where tgrelid = 'entry'::regclass and tgname = 'entry_no_change' and tgenabled = 'O'`
    ).compile(db),
}));

/** How many broken things of one kind are named one by one. */
const mostNamed = 20;

/** Recounts the books from the ledger's lines; returns every rule that they break, and where. */
export function* audit(now: number): Operation<Violation[]> {
  const violations: Violation[] = [];
  for (const { invariant, says, query } of rules) {
    const findings = yield* rows(query, { now });
    for (const { subject, expected, found } of findings.slice(0, mostNamed))
      violations.push({ invariant, detail: `${says}: ${subject}, expected ${expected}, found ${found}` });
    if (findings.length > mostNamed)
      violations.push({ invariant, detail: `${says}: ${findings.length - mostNamed} more` });
  }
  const [triggers] = yield* rows(appendOnlyTriggers, {});
  if (triggers?.count !== 2)
    violations.push({
      invariant: 'I9',
      detail: 'the triggers that keep the ledger append-only are not there',
    });
  return violations;
}
