import type pg from 'pg';
import type { StoreCheck } from '../admin.ts';
import { tableNames } from '../schema.ts';
import { madeShape } from '../sqlite/shape.ts';

/** Settings without which a commit that was acknowledged may be lost. */
const durable: { name: string; isSafe: (value: string) => boolean; remedy: string }[] = [
  { name: 'fsync', isSafe: (value) => value === 'on', remedy: 'on' },
  { name: 'full_page_writes', isSafe: (value) => value === 'on', remedy: 'on' },
  { name: 'synchronous_commit', isSafe: (value) => value !== 'off', remedy: 'on' },
  { name: 'data_sync_retry', isSafe: (value) => value === 'off', remedy: 'off' },
];

/** By the first a task is held and ended once; without the others keys and tasks are not found. */
const unique = ['entry_once', 'api_key_hash_key', 'task_id_key'];

/** What of these is missing, and tables without a primary key or without being there: a restore that was disturbed. */
const missingKeys = `
  select t.name from unnest(cast($1 as text[])) t (name) where not exists
    (select 1 from pg_index i where i.indrelid = to_regclass(t.name) and i.indisprimary and i.indisvalid)
  union all select u.name from unnest(cast($2 as text[])) u (name) where not exists
    (select 1 from pg_index i where i.indexrelid = to_regclass(u.name) and i.indisunique and i.indisvalid)`;

/** Columns that are not there, and indices that are not or of which PostgreSQL has said that they are not to be used. */
const missingParts = `
  select p.name from unnest(cast($1 as text[])) p (name) where not exists
    (select 1 from pg_attribute a where a.attrelid = to_regclass(split_part(p.name, '.', 1))
      and a.attname = split_part(p.name, '.', 2) and not a.attisdropped)
  and not exists (select 1 from pg_index i where i.indexrelid = to_regclass(p.name) and i.indisvalid)`;

/** Tables whose sequence would give out numbers that are taken: logical replication carries no sequences. */
const takenNumbers = `
  select n.name from (select 'entry' as name, max(number) as most from entry
    union all select 'task', max(number) from task) n
  where n.most > coalesce((select s.last_value from pg_sequences s
    where to_regclass(format('%I.%I', s.schemaname, s.sequencename)) = to_regclass(pg_get_serial_sequence(n.name, 'number'))), 0)`;

/** Which tables name rows of which others. */
const references = [
  ['package', 'account'],
  ['api_key', 'account'],
  ['api_key', 'package'],
  ['task', 'account'],
];

/** Which of these are kept by no constraint that has been seen to hold for every row. */
const missingReferences = `
  select f.child || ' to ' || f.parent as name
  from unnest(cast($1 as text[]), cast($2 as text[])) f (child, parent) where not exists
    (select 1 from pg_constraint c where c.contype = 'f' and c.convalidated
      and c.conrelid = to_regclass(f.child) and c.confrelid = to_regclass(f.parent))`;

/** Reads what doctor shows of a PostgreSQL server, whose time `timeThere` asks for. */
export async function inspect(pool: pg.Pool, timeThere: () => Promise<number>): Promise<StoreCheck[]> {
  const { rows } = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  const checks: StoreCheck[] = [{ name: 'engine', ok: true, detail: `PostgreSQL ${rows[0]?.version}` }];
  for (const { name, isSafe, remedy } of durable) {
    const shown = await pool.query<{ value: string }>('select current_setting($1) as value', [name]);
    const value = shown.rows[0]?.value ?? '';
    const ok = isSafe(value);
    const advice = ok ? '' : `: set it to ${remedy} in postgresql.conf, or commits can be lost`;
    checks.push({ name, ok, detail: `${name} is ${value}${advice}` });
  }
  const children = references.map(([child]) => child);
  const parents = references.map(([, parent]) => parent);
  // Triggers are each engine's own.
  const parts = Object.entries(await madeShape()).flatMap(([name, does]) => (does === '' ? [name] : []));
  for (const [name, query, values] of [
    ['primary keys', missingKeys, [tableNames, unique]],
    ['foreign keys', missingReferences, [children, parents]],
    ['parts', missingParts, [parts]],
  ] as const) {
    const found = await pool.query<{ name: string }>(query, [...values]);
    const missing = found.rows.map((row) => row.name);
    checks.push({
      name,
      ok: missing.length === 0,
      detail:
        missing.length === 0 ? 'all there' : `missing: ${missing.join(', ')}; restore the last good dump`,
    });
  }
  // Of a table that is not there, nothing can be asked.
  if (checks.at(-1)!.ok) {
    const found = await pool.query<{ name: string }>(takenNumbers);
    const taken = found.rows.map((row) => row.name).join(' and ');
    checks.push({
      name: 'numbers',
      ok: taken === '',
      detail:
        taken === ''
          ? 'none is given out twice'
          : `those of ${taken} would be given out again: set the sequence beyond them`,
    });
  }
  const there = await timeThere();
  const milliseconds = Math.abs(Date.now() - there);
  const isClose = milliseconds <= 2_000;
  checks.push({
    name: 'clock',
    ok: isClose,
    detail: `${milliseconds} ms from the database's${isClose ? '' : ': keep both right by NTP'}`,
  });
  return checks;
}
