import type pg from 'pg';
import { expect, it } from 'vitest';
import { executor } from '../../src/store/postgres/connection.ts';
import { statement } from '../../src/store/statement.ts';

const read = statement((db) => db.selectFrom('account').select('id'));
const count = statement((db) => db.selectFrom('task').select('id'));

/** The names under which a server prepares these, one after another. */
async function namesOf(...statements: (typeof read | typeof count)[]) {
  const execute = executor();
  const names: string[] = [];
  const client = {
    async query({ name }: { name: string }) {
      names.push(name);
      return { rows: [], rowCount: 0, command: 'SELECT' };
    },
  } as unknown as pg.ClientBase;
  for (const asked of statements) await execute(client, { statement: asked, values: {} });
  return names;
}

it('a statement has the same name at every server, whatever each has prepared before it', async () => {
  const [first, second, again] = await namesOf(read, count, read);
  expect(await namesOf(count, read)).toEqual([second, first]);
  expect([again, second === first]).toEqual([first, false]);
  // Of a longer one PostgreSQL keeps only so much.
  expect(Math.max(...[first, second].map((name) => name!.length))).toBeLessThan(64);
});
