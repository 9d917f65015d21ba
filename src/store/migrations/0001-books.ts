import { type Kysely, sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** Accounts, keys, packages, tasks and the ledger. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const integer = engine === 'sqlite' ? 'integer' : 'bigint';
  const numbered = (table: string) => {
    const builder = create(table);
    return engine === 'sqlite'
      ? builder.addColumn('number', 'integer', (c) => c.primaryKey().autoIncrement())
      : builder.addColumn('number', 'bigint', (c) => c.generatedAlwaysAsIdentity().primaryKey());
  };
  const create = (table: string) => {
    const builder = db.schema.createTable(table);
    return engine === 'sqlite' ? builder.modifyEnd(sql`strict`) : builder;
  };

  await create('account')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('posted', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('pending', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', integer, (c) => c.notNull())
    .addCheckConstraint('account_bears_its_holds', sql`0 <= pending and pending <= posted`)
    .addCheckConstraint('account_exact', sql`posted <= 9000000000000000`)
    .execute();

  await create('package')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull().references('account.id'))
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('type', integer, (c) => c.notNull())
    .addColumn('rate_limit', integer)
    .addColumn('concurrency', integer)
    .addColumn('calls_left', integer, (c) => c.notNull().check(sql`calls_left >= 0`))
    .addColumn('expires_at', integer)
    .addColumn('created_at', integer, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('package_account').on('package').column('account_id').execute();

  await create('api_key')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull().references('account.id'))
    .addColumn('package_id', 'text', (c) => c.references('package.id'))
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('hint', 'text', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('task_types', 'text')
    .addColumn('addresses', 'text')
    .addColumn('daily_cap', integer)
    .addColumn('expires_at', integer)
    .addColumn('revoked_at', integer)
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('day', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('spent', integer, (c) => c.notNull().defaultTo(0).check(sql`spent >= 0`))
    .execute();
  await db.schema.createIndex('api_key_account').on('api_key').column('account_id').execute();
  await db.schema.createIndex('api_key_package').on('api_key').column('package_id').execute();

  await numbered('task')
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('account_id', 'text', (c) => c.notNull().references('account.id'))
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('package_id', 'text')
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('module', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('queued', 'running', 'ready', 'failed')`),
    )
    .addColumn('price', integer, (c) => c.notNull().check(sql`price >= 0`))
    .addColumn('day', integer, (c) => c.notNull())
    .addColumn('payload', 'text')
    .addColumn('solution', 'text')
    .addColumn('error_code', 'text')
    .addColumn('error_detail', 'text')
    .addColumn('lease', integer, (c) => c.notNull())
    .addColumn('node', 'text', (c) => c.notNull())
    .addColumn('polls', integer, (c) => c.notNull().defaultTo(0))
    .addColumn('created_at', integer, (c) => c.notNull())
    .addColumn('deadline', integer, (c) => c.notNull())
    .addColumn('expires_at', integer, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('task_expires').on('task').column('expires_at').execute();
  await sql`create index task_open on task (deadline) where state in ('queued', 'running')`.execute(db);

  await numbered('entry')
    .addColumn('kind', 'text', (c) =>
      c.notNull().check(sql`kind in ('topup', 'adjust', 'grant', 'reserve', 'settle', 'release')`),
    )
    .addColumn('debit', 'text', (c) => c.notNull())
    .addColumn('credit', 'text', (c) => c.notNull())
    .addColumn('amount', integer, (c) => c.notNull().check(sql`amount between 0 and 9000000000000000`))
    .addColumn('calls', integer, (c) => c.notNull().check(sql`calls >= 0`))
    .addColumn('task_id', 'text')
    .addColumn('package_id', 'text')
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('at', integer, (c) => c.notNull())
    .addCheckConstraint('entry_has_two_sides', sql`debit <> credit`)
    .execute();
  // One reserve for a task, and one of settle or release: (task, true) and (task, false) may each stand once.
  await sql`create unique index entry_once on entry (task_id, (kind = 'reserve')) where task_id is not null`.execute(
    db,
  );
  await appendOnly(db, engine);

  await create('ban')
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('since', integer, (c) => c.notNull())
    .addColumn('until', integer, (c) => c.notNull())
    .addColumn('count', integer, (c) => c.notNull())
    .addPrimaryKeyConstraint('ban_subject', ['kind', 'subject'])
    .execute();

  await create('feedback')
    .addColumn('task_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('invalid', integer, (c) => c.notNull())
    .addColumn('code', integer)
    .addColumn('message', 'text')
    .addColumn('at', integer, (c) => c.notNull())
    .execute();

  await create('node')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('seen_at', integer, (c) => c.notNull())
    .execute();

  await create('fact')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
}

/** The ledger refuses change and deletion by itself, whoever asks (I9). */
async function appendOnly(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  if (engine === 'sqlite') {
    await sql`create trigger entry_no_update before update on entry
      begin select raise(abort, 'the ledger is append-only'); end`.execute(db);
    await sql`create trigger entry_no_delete before delete on entry
      begin select raise(abort, 'the ledger is append-only'); end`.execute(db);
    return;
  }
  await sql`create function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'the ledger is append-only'; end $$`.execute(db);
  await sql`create trigger entry_no_change before update or delete or truncate on entry
    for each statement execute function refuse_change()`.execute(db);
}
