import { sql } from 'kysely';
import { change, first, type Operation, statement } from '../statement.ts';
import { keepFact, readFact } from './facts.ts';
import { hasKeys } from './keys.ts';

const name = 'pepper';
/** The fact that holds when the last of the keys was made that nobody can say it of. */
const newestName = 'newest key of an unknown pepper';

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

const selectNewest = statement((db) =>
  db.selectFrom('api_key').select((eb) => eb.fn.max('created_at').as('at')),
);

/**
 * Keeps a fingerprint unless there are keys already; returns the one that is kept. Undefined where keys were made before
 * any was: which pepper they need, nobody can say.
 */
export function* keepPepper(fingerprint: string): Operation<string | undefined> {
  yield* change(replacePepper, { name, value: fingerprint });
  if (!(yield* hasKeys())) yield* keepFact(name, fingerprint);
  const kept = yield* keptPepper();
  if (kept === undefined && (yield* readFact(newestName)) === undefined)
    yield* keepFact(newestName, String((yield* first(selectNewest, {}))!.at));
  return kept;
}

const selectMade = statement((db, p: { keyId: string; until: number }) =>
  db.selectFrom('api_key').select('id').where('id', '=', p.keyId).where('created_at', '<=', p.until),
);

/**
 * Keeps the fingerprint of the pepper that a key has been found with, where none is kept; false where the key says nothing
 * of those that nobody can say it of, since it was made later, perhaps with a wrong pepper.
 */
export function* provePepper(fingerprint: string, keyId: string): Operation<boolean> {
  const until = Number((yield* readFact(newestName)) ?? 0);
  if ((yield* first(selectMade, { keyId, until })) === undefined) return false;
  yield* keepFact(name, fingerprint);
  return true;
}
