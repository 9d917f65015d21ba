import { sql } from 'kysely';
import { change, type Operation, statement } from '../statement.ts';
import { keepFact, readFact } from './facts.ts';
import { hasKeys } from './keys.ts';

const name = 'pepper';

/** Fingerprint of the pepper that the keys of these books are hashed with; undefined where none is kept. */
export function* keptPepper(): Operation<string | undefined> {
  return yield* readFact(name);
}

const replacePepper = statement((db, p: { name: string; value: string }) =>
  db
    .updateTable('fact')
    .set({ value: p.value })
    .where('name', '=', p.name)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom('api_key').select(sql`1`.as('one'))))),
);

/**
 * Keeps a fingerprint unless there are keys already; returns the one that is kept. Undefined where keys were made before
 * any was: which pepper they need, nobody can say.
 */
export function* keepPepper(fingerprint: string): Operation<string | undefined> {
  yield* change(replacePepper, { name, value: fingerprint });
  if (!(yield* hasKeys())) yield* keepFact(name, fingerprint);
  return yield* keptPepper();
}

/** Keeps the fingerprint of the pepper that a key has been found with, where none is kept. */
export function* provePepper(fingerprint: string): Operation<void> {
  yield* keepFact(name, fingerprint);
}
