import type { NewKey } from '../admin.ts';
import type { Key } from '../records.ts';
import { change, first, type Operation, rows, statement } from '../statement.ts';

export const keyColumns = [
  'api_key.id',
  'api_key.account_id as accountId',
  'api_key.package_id as packageId',
  'api_key.label',
  'api_key.hint',
  'api_key.task_types as taskTypes',
  'api_key.addresses',
  'api_key.daily_cap as dailyCap',
  'api_key.dialect',
  'api_key.is_test as isTest',
  'api_key.expires_at as expiresAt',
  'api_key.revoked_at as revokedAt',
] as const;

type KeyRow = Omit<Key, 'taskTypes' | 'addresses' | 'isTest'> & {
  taskTypes: string | null;
  addresses: string | null;
  isTest: number;
};

export function keyOf({ taskTypes, addresses, isTest, ...rest }: KeyRow): Key {
  return {
    ...rest,
    isTest: isTest === 1,
    taskTypes: taskTypes === null ? null : JSON.parse(taskTypes),
    addresses: addresses === null ? null : JSON.parse(addresses),
  };
}

const insertKey = statement((db, p: NewKey) =>
  db
    .insertInto('api_key')
    .values({
      id: p.id,
      account_id: p.accountId,
      package_id: p.packageId,
      hash: p.hash,
      hint: p.hint,
      label: p.label,
      task_types: p.taskTypes as never,
      addresses: p.addresses as never,
      daily_cap: p.dailyCap,
      dialect: p.dialect,
      is_test: p.isTest as never,
      expires_at: p.expiresAt,
      revoked_at: null,
      created_at: p.now,
    })
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .returning(keyColumns),
);

/** Undefined when a key of this hash exists. */
export function* createKey(key: NewKey): Operation<Key | undefined> {
  const inserted = yield* first(insertKey, {
    ...key,
    taskTypes: jsonOf(key.taskTypes),
    addresses: jsonOf(key.addresses),
    isTest: key.isTest ? 1 : 0,
  } as never);
  return inserted && keyOf(inserted);
}

function jsonOf(list: string[] | null): string | null {
  return list === null ? null : JSON.stringify(list);
}

const selectKeys = statement((db) =>
  db.selectFrom('api_key').select(keyColumns).orderBy('created_at').orderBy('id'),
);

const selectKeysOf = statement((db, p: { accountId: string }) =>
  db
    .selectFrom('api_key')
    .select(keyColumns)
    .where('account_id', '=', p.accountId)
    .orderBy('created_at')
    .orderBy('id'),
);

/** Keys of an account, or all, oldest first; revoked ones too. */
export function* listKeys(accountId?: string): Operation<Key[]> {
  const found =
    accountId === undefined ? yield* rows(selectKeys, {}) : yield* rows(selectKeysOf, { accountId });
  return found.map(keyOf);
}

const selectAnyKey = statement((db) => db.selectFrom('api_key').select('id').limit(1));

/** Whether there is any key, be it revoked: of 50,000 a list is more than a start has time for. */
export function* hasKeys(): Operation<boolean> {
  return (yield* first(selectAnyKey, {})) !== undefined;
}

const markRevoked = statement((db, p: { keyId: string; now: number }) =>
  db
    .updateTable('api_key')
    .set({ revoked_at: p.now })
    .where('id', '=', p.keyId)
    .where('revoked_at', 'is', null),
);

/** False when there is no such key, or it is revoked already. */
export function* revokeKey(keyId: string, now: number): Operation<boolean> {
  return (yield* change(markRevoked, { keyId, now })) > 0;
}
