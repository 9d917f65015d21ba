import { Kysely, PostgresDialect } from 'kysely';
import { type Engine, type EngineEvents, StoreError } from '../engine.ts';
import { migrate } from '../migrate.ts';
import type { Arguments, Call, OperationName, Result } from '../operations.ts';
import { start } from '../operations.ts';
import { executor, openPatientPool, openPool } from './connection.ts';
import { drive } from './group.ts';
import { inspect } from './inspect.ts';
import { createLanes } from './lanes.ts';

/** More connections would only queue for the same account rows. */
const connections = 4;

/** Connects to a database and brings its tables up to date; waits while another process does. */
export async function openPostgres(url: string, events: EngineEvents): Promise<Engine> {
  const migrating = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: openPatientPool(url) }) });
  try {
    await migrate(migrating, 'postgres');
  } finally {
    await migrating.destroy();
  }
  const pool = openPool(url, connections);
  const lanes = createLanes(pool, connections, events);
  let closed = false;

  function call<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    if (closed) return Promise.reject(new StoreError('CLOSED', 'the store is closed'));
    return lanes.call({ name, args } as unknown as Call) as Promise<Result<Name>>;
  }

  return {
    call,
    early: call,
    async look<Name extends OperationName>(name: Name, ...args: Arguments<Name>) {
      const patient = openPatientPool(url);
      const execute = executor();
      const client = await patient.connect();
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const operation = start({ name, args } as unknown as Call);
        const result = await drive(operation, (ask) => execute(client, ask));
        await client.query('COMMIT');
        return result as Result<Name>;
      } finally {
        client.release(true);
        await patient.end();
      }
    },
    inspect: () => inspect(pool, () => call('time')),
    walBytes: async () => 0,
    async close() {
      if (closed) return;
      closed = true;
      await lanes.drain();
      await pool.end();
    },
  };
}
