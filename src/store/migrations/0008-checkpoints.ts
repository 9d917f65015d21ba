import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** What every account and package had after a line of the ledger, so that a check need not begin at the first. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  const table = db.schema
    .createTable('checkpoint')
    .addColumn('entry', integer, (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull().check(sql`kind in ('account', 'package')`))
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('posted', integer, (c) => c.notNull())
    .addColumn('pending', integer, (c) => c.notNull())
    .addColumn('calls', integer, (c) => c.notNull())
    .addColumn('at', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('checkpoint_subject', ['entry', 'kind', 'subject']);
  await (engine === 'sqlite' ? table.modifyEnd(sql`strict, without rowid`) : table).execute();

  if (engine === 'sqlite') {
    for (const change of ['update', 'delete'])
      await sql`create trigger ${sql.raw(`checkpoint_no_${change}`)} before ${sql.raw(change)} on checkpoint
        begin select raise(abort, 'the ledger is append-only'); end`.execute(db);
    return;
  }
  await sql`create trigger checkpoint_no_change before update or delete or truncate on checkpoint
    for each statement execute function refuse_change()`.execute(db);
}
