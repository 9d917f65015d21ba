import type { NewAccount, NewKey } from '../admin.ts';
import type { Operation } from '../statement.ts';
import { createAccount, hasAccounts } from './accounts.ts';
import { keepFact } from './facts.ts';
import { createKey } from './keys.ts';
import { keepPepper } from './pepper.ts';

/**
 * Makes the first account with its key, both or none, in books without an account; false where there is one, or
 * another process is first. The books keep the fingerprint of the pepper that the key was hashed with, whatever another
 * process that starts has made of it meanwhile.
 */
export function* welcome(account: NewAccount, key: NewKey, fingerprint: string): Operation<boolean> {
  if (yield* hasAccounts()) return false;
  // What is looked up above, two that start at once both see; this only one of them writes.
  if (!(yield* keepFact('welcome', account.id))) return false;
  // Nor where a command has made one of this name in this moment.
  if ((yield* createAccount(account)) === undefined) return false;
  yield* keepPepper(fingerprint);
  yield* createKey(key);
  return true;
}
