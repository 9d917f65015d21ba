import { first, type Operation, statement } from '../statement.ts';
import type { Principal } from '../store.ts';
import { keyColumns, keyOf } from './keys.ts';

const selectPrincipal = statement((db, p: { hash: string }) =>
  db
    .selectFrom('api_key')
    .innerJoin('account', 'account.id', 'api_key.account_id')
    .leftJoin('package', 'package.id', 'api_key.package_id')
    .select(keyColumns)
    .select([
      'account.name',
      'account.posted',
      'account.pending',
      'account.created_at as createdAt',
      'package.title',
      'package.type',
      'package.rate_limit as rateLimit',
      'package.concurrency',
      'package.calls_left as callsLeft',
      'package.expires_at as packageExpiresAt',
    ])
    .where('api_key.hash', '=', p.hash),
);

/** A key with its account and package, by the key's hash; revoked and expired ones too. */
export function* findPrincipal(hash: string): Operation<Principal | undefined> {
  const row = yield* first(selectPrincipal, { hash });
  if (row === undefined) return undefined;
  const { name, posted, pending, createdAt, ...others } = row;
  const { title, type, rateLimit, concurrency, callsLeft, packageExpiresAt, ...keyRow } = others;
  const key = keyOf(keyRow);
  return {
    key,
    account: { id: key.accountId, name, posted, pending, createdAt },
    package:
      key.packageId === null
        ? null
        : {
            id: key.packageId,
            accountId: key.accountId,
            title: title!,
            type: type!,
            rateLimit,
            concurrency,
            callsLeft: callsLeft!,
            expiresAt: packageExpiresAt,
            keyHint: key.hint,
          },
  };
}
