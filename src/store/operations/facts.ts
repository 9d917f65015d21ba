import { change, first, type Operation, statement } from '../statement.ts';

const selectFact = statement((db, p: { name: string }) =>
  db.selectFrom('fact').select('value').where('name', '=', p.name),
);

/** Undefined where it is not known. */
export function* readFact(name: string): Operation<string | undefined> {
  return (yield* first(selectFact, { name }))?.value;
}

const insertFact = statement((db, p: { name: string; value: string }) =>
  db
    .insertInto('fact')
    .values({ name: p.name, value: p.value })
    .onConflict((conflict) => conflict.column('name').doNothing()),
);

/** Writes down a fact that is not known yet; false where it is, also by another process at this moment. */
export function* keepFact(name: string, value: string): Operation<boolean> {
  return (yield* change(insertFact, { name, value })) > 0;
}
