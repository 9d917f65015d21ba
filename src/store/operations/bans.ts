import { sql } from 'kysely';
import { type Ban, type BanChanges, type BanKind, banMemoryMs } from '../records.ts';
import { change, first, type Operation, rows, statement } from '../statement.ts';
import { readFact } from './facts.ts';
import { roundSize } from './round.ts';

const columns = ['kind', 'subject', 'since', 'until', 'count'] as const;

const selectBans = statement((db, p: { since: number }) =>
  db
    .selectFrom('ban')
    .select(columns)
    .where('until', '>', p.since)
    .where('count', '>', 0)
    .orderBy('since')
    .orderBy('subject'),
);

/** Bans that last, and those that ended less than 24 hours ago: they make the next one longer. */
export function* listBans(now: number): Operation<Ban[]> {
  return yield* rows(selectBans, { since: now - banMemoryMs });
}

/** The fact that holds the number of the last change. */
const numberFact = 'bans changed';

/**
 * Its row is locked until the commit, so that no process sees a number before those below it. It is taken before the row
 * of any ban, so that two who change one ban do not wait for each other.
 */
const raiseNumber = statement((db, p: { name: string }) =>
  db
    .insertInto('fact')
    .values({ name: p.name, value: '1' })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({ value: sql`cast(cast(fact.value as bigint) + 1 as text)` }),
    )
    .returning('value'),
);

function* nextNumber(): Operation<number> {
  return Number((yield* first(raiseNumber, { name: numberFact }))!.value);
}

const upsertBan = statement((db, p: Ban & { changed: number }) =>
  db
    .insertInto('ban')
    .values({
      kind: p.kind,
      subject: p.subject,
      since: p.since,
      until: p.until,
      count: p.count,
      changed: p.changed,
    })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject']).doUpdateSet((eb) => ({
        since: eb.ref('excluded.since'),
        until: eb.ref('excluded.until'),
        count: eb.ref('excluded.count'),
        changed: eb.ref('excluded.changed'),
      })),
    ),
);

/** Writes a ban over an older one of its subject. */
export function* saveBan(ban: Ban): Operation<void> {
  const changed = yield* nextNumber();
  yield* change(upsertBan, { ...ban, changed });
}

const markLifted = statement((db, p: { kind: BanKind; subject: string; changed: number }) =>
  db
    .updateTable('ban')
    .set({ count: 0, changed: p.changed })
    .where('kind', '=', p.kind)
    .where('subject', '=', p.subject)
    .where('count', '>', 0),
);

/** Lifts a ban, and forgets that it was, but for what tells others so; false when there is none. */
export function* liftBan(kind: BanKind, subject: string): Operation<boolean> {
  const changed = yield* nextNumber();
  return (yield* change(markLifted, { kind, subject, changed })) > 0;
}

/** Few enough that neither thread is kept from other work for long: 50,000 took 30 ms of one and 50 of the other. */
const mostChanges = 500;

const selectChanged = statement((db, p: { after: number }) =>
  db
    .selectFrom('ban')
    .select([...columns, 'changed'])
    .where('changed', '>', p.after)
    .orderBy('changed')
    .limit(mostChanges),
);

/**
 * The bans that have changed after change number `after`, oldest change first; it reads one row while there are none. -1
 * asks for all, also those without a number, which a server of an older version has saved.
 */
export function* banChanges(after: number): Operation<BanChanges> {
  const last = Number((yield* readFact(numberFact)) ?? 0);
  if (last === after) return { bans: [], upTo: after, more: false, isAnew: false };
  const isAnew = last < after;
  const found = yield* rows(selectChanged, { after: isAnew ? -1 : after });
  const more = found.length === mostChanges;
  const newest = found.at(-1)?.changed ?? 0;
  const bans = found.map(({ changed: _, ...ban }) => ban);
  return { bans, upTo: more ? newest : Math.max(last, newest), more, isAnew };
}

const deleteOld = statement((db, p: { before: number }, engine) => {
  const old = db
    .selectFrom('ban')
    .select(['kind', 'subject'])
    .where('until', '<=', p.before)
    .orderBy('until')
    .limit(roundSize);
  return db
    .deleteFrom('ban')
    .where((eb) =>
      eb(
        eb.refTuple('kind', 'subject'),
        'in',
        (engine === 'postgres' ? old.forUpdate().skipLocked() : old).$asTuple('kind', 'subject'),
      ),
    );
});

/** One round of forgetting bans; whether another would find more. */
export function* forgetBans(now: number): Operation<boolean> {
  return (yield* change(deleteOld, { before: now - banMemoryMs })) === roundSize;
}
