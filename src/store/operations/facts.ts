import { change, type Operation, statement } from '../statement.ts';

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
