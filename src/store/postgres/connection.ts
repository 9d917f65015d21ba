import { createHash } from 'node:crypto';
import pg from 'pg';
import { driverUrl } from '../../settings/databaseUrl.ts';
import { type Ask, type Compiled, compilerFor, type Told } from '../statement.ts';

/** Whoever waits for money longer than this is refused: a request must not hang on a lost database. */
const patienceMs = 1_000;

/** int8 and numeric come as text; nothing in the books is beyond what a number holds exactly. */
const numbers = {
  getTypeParser: (oid: number, format?: string) =>
    oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
      ? Number
      : pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig;

/** Connections for operations: short-lived statements, quick to give up. */
export function openPool(url: string, connections: number): pg.Pool {
  return lasting({
    connectionString: driverUrl(url),
    application_name: 'legible',
    max: connections,
    connectionTimeoutMillis: patienceMs,
    statement_timeout: patienceMs,
    // A connection whose packets vanish answers no timeout of the server's.
    query_timeout: patienceMs + 200,
    idle_in_transaction_session_timeout: 10_000,
    types: numbers,
  });
}

/** What a role or a database may have limits for by default. */
const withoutLimits = `set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0`;

/** One connection without limits of time, for migrations and audits. */
export function openPatientPool(url: string): pg.Pool {
  return lasting({
    connectionString: driverUrl(url),
    application_name: 'legible (patient)',
    max: 1,
    connectionTimeoutMillis: 5 * patienceMs,
    onConnect: (client) => client.query(withoutLimits),
    types: numbers,
  });
}

/** A pool that outlives its connections: without listeners the loss of one would end the process, idle or in use. */
function lasting(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ keepAlive: true, keepAliveInitialDelayMillis: 10_000, ...options });
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  return pool;
}

/** Runs the statements of operations on a connection; the server keeps each prepared under its name. */
export function executor(): (client: pg.ClientBase, ask: Ask) => Promise<Told> {
  const compile = compilerFor('postgres');
  const names = new Map<Compiled, string>();
  return async (client, { statement, values }) => {
    const compiled = compile(statement);
    let name = names.get(compiled);
    if (name === undefined) {
      name = nameOf(compiled);
      names.set(compiled, name);
    }
    const { rows, rowCount, command } = await client.query({
      name,
      text: compiled.sql,
      values: compiled.bind(values),
    });
    return { rows, changes: command === 'SELECT' ? 0 : (rowCount ?? 0) };
  };
}

/** Of what it says, and not of its turn: servers that a pooler lets share a connection would run each other's statements. */
function nameOf({ sql }: Compiled): string {
  return createHash('sha256').update(sql).digest('base64url');
}

/** Whether an error says that the database cannot be reached, rather than that it refused something. */
export function isOutage(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code === undefined) return /timeout|terminated|not queryable|Connection/i.test(message ?? '');
  // Classes 08 (connection) and 57P (shutdown, starting up, killed), 53300 (too many connections), 25006 (it reads
  // only: a connection made to what is no primary any more, or not yet, stays one to that).
  return /^(08|57P|53300|25006)/.test(code) || /^E[A-Z_]+$/.test(code);
}
