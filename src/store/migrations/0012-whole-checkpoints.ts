import { type Kysely, sql } from 'kysely';

/** The row that a checkpoint ends with, since it is written in several transactions; those there are are whole. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`insert into checkpoint (entry, kind, subject, posted, pending, calls, at)
    select entry, 'account', '', 0, 0, 0, min(at) from checkpoint where true group by entry
    on conflict do nothing`.execute(db);
  await sql`create index checkpoint_whole on checkpoint (entry) where subject = ''`.execute(db);
}
