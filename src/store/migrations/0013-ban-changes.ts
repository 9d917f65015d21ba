import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** A number for each change of a ban, so that servers read only what is new to them; and bans by their end. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  await db.schema
    .alterTable('ban')
    .addColumn('changed', integer, (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`update ban set changed = numbered.place
    from (select kind as k, subject as s, row_number() over (order by since, kind, subject) as place from ban) as numbered
    where ban.kind = numbered.k and ban.subject = numbered.s`.execute(db);
  await sql`insert into fact (name, value) select 'bans changed', cast(count(*) as text) from ban`.execute(
    db,
  );
  await db.schema.createIndex('ban_changed').on('ban').column('changed').execute();
  await db.schema.createIndex('ban_until').on('ban').column('until').execute();
}
