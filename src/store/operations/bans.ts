import { change, type Operation, rows, statement } from '../statement.ts';
import { type Ban, type BanKind, banMemoryMs } from '../store.ts';

const selectBans = statement((db, p: { since: number }) =>
  db
    .selectFrom('ban')
    .select(['kind', 'subject', 'since', 'until', 'count'])
    .where('until', '>', p.since)
    .orderBy('since')
    .orderBy('subject'),
);

/** Bans that last, and those that ended less than 24 hours ago: they make the next one longer. */
export function* listBans(now: number): Operation<Ban[]> {
  return yield* rows(selectBans, { since: now - banMemoryMs });
}

const upsertBan = statement((db, p: Ban) =>
  db
    .insertInto('ban')
    .values({ kind: p.kind, subject: p.subject, since: p.since, until: p.until, count: p.count })
    .onConflict((conflict) =>
      conflict.columns(['kind', 'subject']).doUpdateSet((eb) => ({
        since: eb.ref('excluded.since'),
        until: eb.ref('excluded.until'),
        count: eb.ref('excluded.count'),
      })),
    ),
);

const forgetBans = statement((db, p: { before: number }) =>
  db.deleteFrom('ban').where('until', '<=', p.before),
);

/** Writes a ban over an older one of its subject. */
export function* saveBan(ban: Ban): Operation<void> {
  yield* change(forgetBans, { before: ban.since - banMemoryMs });
  yield* change(upsertBan, ban);
}

const deleteBan = statement((db, p: { kind: BanKind; subject: string }) =>
  db.deleteFrom('ban').where('kind', '=', p.kind).where('subject', '=', p.subject),
);

/** Lifts a ban, and forgets that it was; false when there is none. */
export function* liftBan(kind: BanKind, subject: string): Operation<boolean> {
  return (yield* change(deleteBan, { kind, subject })) > 0;
}
