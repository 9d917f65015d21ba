import type { NewKey, NewPackage } from '../admin.ts';
import type { Package } from '../records.ts';
import { house } from '../schema.ts';
import { change, first, type Operation, rows, statement } from '../statement.ts';
import { write } from './entries.ts';
import { createKey } from './keys.ts';

/** The package's own key is the one that was made with it, the oldest; where that is revoked, the next. */
const readPackages = statement((db, p: { accountId: string; now: number }) =>
  db
    .selectFrom('package')
    .select((eb) => [
      'package.id',
      'package.account_id as accountId',
      'package.title',
      'package.type',
      'package.rate_limit as rateLimit',
      'package.concurrency',
      'package.calls_left as callsLeft',
      'package.expires_at as expiresAt',
      eb.fn
        .coalesce(
          eb
            .selectFrom('api_key')
            .select('api_key.hint')
            .whereRef('api_key.package_id', '=', 'package.id')
            .orderBy((key) => key.case().when('api_key.revoked_at', 'is', null).then(0).else(1).end())
            .orderBy('api_key.created_at')
            .orderBy('api_key.id')
            .limit(1),
          eb.val(''),
        )
        .as('keyHint'),
    ])
    .where('package.account_id', '=', p.accountId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', p.now)]))
    .orderBy('package.created_at')
    .orderBy('package.id'),
);

/** An account's packages that have not ended, oldest first. */
export function* listPackages(accountId: string, now: number): Operation<Package[]> {
  return yield* rows(readPackages, { accountId, now });
}

const insertPackage = statement((db, p: NewPackage) =>
  db.insertInto('package').values({
    id: p.id,
    account_id: p.accountId,
    title: p.title,
    type: p.type,
    rate_limit: p.rateLimit,
    concurrency: p.concurrency,
    calls_left: p.calls,
    expires_at: p.expiresAt,
    created_at: p.now,
  }),
);

/**
 * Makes a package with its own key.
 * @throws Error when the key exists or belongs to another package, or the account does not exist
 */
export function* createPackage(pack: NewPackage, key: NewKey): Operation<Package> {
  const { id, accountId, calls, now, ...plan } = pack;
  if (!Number.isSafeInteger(calls) || calls < 0) throw new RangeError('calls are counted in whole numbers');
  if (key.packageId !== id || key.accountId !== accountId)
    throw new Error("a package's own key belongs to it");
  yield* change(insertPackage, pack);
  yield* write({
    kind: 'grant',
    debit: house.sales,
    credit: accountId,
    calls,
    packageId: id,
    note: plan.title,
    at: now,
  });
  const created = yield* createKey(key);
  if (created === undefined) throw new Error('this key exists already');
  return { id, accountId, ...plan, callsLeft: calls, keyHint: created.hint };
}

const expire = statement((db, p: { packageId: string; now: number }) =>
  db
    .updateTable('package')
    .set({ expires_at: p.now })
    .where('id', '=', p.packageId)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', p.now)]))
    .returning('id'),
);

const revokeAll = statement((db, p: { packageId: string; now: number }) =>
  db
    .updateTable('api_key')
    .set({ revoked_at: p.now })
    .where('package_id', '=', p.packageId)
    .where('revoked_at', 'is', null),
);

/** Ends a package and revokes its keys; false when there is nothing left to end: it does not exist, or has ended so. */
export function* endPackage(packageId: string, now: number): Operation<boolean> {
  const ended = yield* first(expire, { packageId, now });
  const revoked = yield* change(revokeAll, { packageId, now });
  return ended !== undefined || revoked > 0;
}
