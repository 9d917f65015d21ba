import type { Principal } from '../records.ts';
import { first, type Operation, statement } from '../statement.ts';
import { keyColumns, keyOf } from './keys.ts';

const selectPrincipal = statement((db, p: { hash: string }) =>
  db
    .selectFrom('api_key')
    .leftJoin('package', 'package.id', 'api_key.package_id')
    .select(keyColumns)
    .select([
      'package.rate_limit as rateLimit',
      'package.concurrency',
      'package.expires_at as packageExpiresAt',
    ])
    .where('api_key.hash', '=', p.hash),
);

/** A key with its package, by the key's hash; revoked and expired ones too. */
export function* findPrincipal(hash: string): Operation<Principal | undefined> {
  const row = yield* first(selectPrincipal, { hash });
  if (row === undefined) return undefined;
  const { rateLimit, concurrency, packageExpiresAt, ...keyRow } = row;
  const key = keyOf(keyRow);
  const { packageId: id } = key;
  return {
    key,
    package: id === null ? null : { id, rateLimit, concurrency, expiresAt: packageExpiresAt },
  };
}
