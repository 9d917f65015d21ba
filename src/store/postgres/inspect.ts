import type pg from 'pg';
import type { StoreCheck } from '../admin.ts';
import { tableNames } from '../schema.ts';

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
  for (const [name, query, values] of [
    ['primary keys', missingKeys, [tableNames, unique]],
    ['foreign keys', missingReferences, [children, parents]],
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
