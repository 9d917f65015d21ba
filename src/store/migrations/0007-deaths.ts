import type { Kysely } from 'kysely';
import type { EngineName } from '../statement.ts';

/** How many processes have died of a task: its lease grows when it is handed back, too. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  await db.schema
    .alterTable('task')
    .addColumn('deaths', integer, (c) => c.notNull().defaultTo(0))
    .execute();
}
