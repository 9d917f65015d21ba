import type { NewAccount } from '../admin.ts';
import type { Account, MicroUsd } from '../records.ts';
import { greatestAmount, house } from '../schema.ts';
import { change, first, type Operation, rows, statement } from '../statement.ts';
import { write } from './entries.ts';

const columns = ['id', 'name', 'posted', 'pending', 'created_at as createdAt'] as const;

const insertAccount = statement((db, p: { id: string; name: string; now: number }) =>
  db
    .insertInto('account')
    .values({ id: p.id, name: p.name, posted: 0, pending: 0, created_at: p.now })
    .returning(columns),
);

const selectAccount = statement((db, p: { id: string }) =>
  db.selectFrom('account').select(columns).where('id', '=', p.id),
);

export function* readAccount(id: string): Operation<Account | undefined> {
  return yield* first(selectAccount, { id });
}

const selectByName = statement((db, p: { name: string }) =>
  db.selectFrom('account').select(columns).where('name', '=', p.name).limit(2),
);

/** By id, or by name where that is unique. */
export function* findAccount(idOrName: string): Operation<Account | undefined> {
  const byId = yield* readAccount(idOrName);
  if (byId !== undefined) return byId;
  const byName = yield* rows(selectByName, { name: idOrName });
  return byName.length === 1 ? byName[0] : undefined;
}

/** Whether a command that is told this name would find an account by it, or several. */
function* isTaken(name: string): Operation<boolean> {
  if ((yield* readAccount(name)) !== undefined) return true;
  return (yield* rows(selectByName, { name })).length > 0;
}

const selectAccounts = statement((db) =>
  db.selectFrom('account').select(columns).orderBy('created_at').orderBy('id'),
);

export function* listAccounts(): Operation<Account[]> {
  return yield* rows(selectAccounts, {});
}

const selectAnyAccount = statement((db) => db.selectFrom('account').select('id').limit(1));

export function* hasAccounts(): Operation<boolean> {
  return (yield* first(selectAnyAccount, {})) !== undefined;
}

interface Payment {
  accountId: string;
  amount: MicroUsd;
  note: string;
  now: number;
}

const addToBalance = statement((db, p: Payment & { most: number }) =>
  db
    .updateTable('account')
    .set((eb) => ({ posted: eb('posted', '+', p.amount) }))
    .where('id', '=', p.accountId)
    .where((eb) => eb(eb('posted', '+', p.amount), '>=', eb.ref('pending')))
    .where('posted', '<=', p.most)
    .returning(columns),
);

/**
 * Adds to a balance, or with a negative amount takes from it. Undefined when there is no such account, when
 * tasks under way hold what would be taken, or when the balance would be too great to be exact.
 * @throws RangeError when the amount is not whole micro-USD, or nothing
 */
export function* topUp(payment: Payment): Operation<Account | undefined> {
  const { accountId, amount, note, now } = payment;
  if (!Number.isSafeInteger(amount) || amount === 0 || Math.abs(amount) > greatestAmount)
    throw new RangeError('the amount is not whole micro-USD within the range of a balance');
  const account = yield* first(addToBalance, { ...payment, most: greatestAmount - amount });
  if (account === undefined) return undefined;
  const sides =
    amount > 0
      ? { kind: 'topup' as const, debit: house.cash, credit: accountId }
      : { kind: 'adjust' as const, debit: accountId, credit: house.corrections };
  yield* write({ ...sides, amount: Math.abs(amount), note, at: now });
  return account;
}

/** Its row is locked until the commit, so that of two processes which make accounts the second sees that of the first. */
const noteLastMade = statement((db, p: { id: string }) =>
  db
    .insertInto('fact')
    .values({ name: 'last account', value: p.id })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: p.id })),
);

/**
 * An account with its first balance, or none of both. Undefined where one has this name or id: commands would find
 * neither. @throws RangeError for an amount that topUp refuses, or below 0
 */
export function* createAccount({ id, name, now, balance }: NewAccount): Operation<Account | undefined> {
  yield* change(noteLastMade, { id });
  if (yield* isTaken(name)) return undefined;
  const empty = (yield* first(insertAccount, { id, name, now }))!;
  if (balance === undefined) return empty;
  const paid = yield* topUp({ accountId: id, now, ...balance });
  if (paid === undefined) throw new RangeError('a first balance is not below 0');
  return paid;
}
