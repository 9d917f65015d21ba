import { sql } from 'kysely';
import { change, type Operation, statement } from '../statement.ts';
import { keepFact, readFact } from './facts.ts';

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

/** Keeps a fingerprint unless there are keys already that another one belongs to; returns the one that is kept. */
export function* keepPepper(fingerprint: string): Operation<string> {
  yield* change(replacePepper, { name, value: fingerprint });
  yield* keepFact(name, fingerprint);
  return (yield* keptPepper())!;
}
