import type pg from 'pg';
import type { StoreCheck } from '../admin.ts';
import { schemaVersion } from '../migrate.ts';

/** Settings without which a commit that was acknowledged may be lost. */
const durable: [name: string, wanted: (value: string) => boolean][] = [
  ['fsync', (value) => value === 'on'],
  ['full_page_writes', (value) => value === 'on'],
  ['synchronous_commit', (value) => value !== 'off'],
  ['data_sync_retry', (value) => value === 'off'],
];

/** Reads what doctor shows of a PostgreSQL server. */
export async function inspect(pool: pg.Pool): Promise<StoreCheck[]> {
  const { rows } = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  const checks: StoreCheck[] = [
    { name: 'engine', ok: true, detail: `PostgreSQL ${rows[0]?.version}` },
    { name: 'schema', ok: true, detail: schemaVersion },
  ];
  for (const [name, wanted] of durable) {
    const shown = await pool.query<{ value: string }>('select current_setting($1) as value', [name]);
    const value = shown.rows[0]?.value ?? '';
    checks.push({ name, ok: wanted(value), detail: `${name} is ${value}` });
  }
  const skew = await pool.query<{ now: number }>(
    'select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now',
  );
  const milliseconds = Math.abs(Date.now() - (skew.rows[0]?.now ?? 0));
  checks.push({
    name: 'clock',
    ok: milliseconds <= 2_000,
    detail: `${milliseconds} ms from the database's`,
  });
  return checks;
}
