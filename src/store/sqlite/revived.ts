import { openDatabase } from './connection.ts';

/** A key that can be told and revoked by its id. */
export interface NamedKey {
  id: string;
  hint: string;
  label: string;
}

interface Revived {
  /** Keys that were revoked in any of the databases and are not in the one that has taken their place. */
  revived: NamedKey[];
  /** Those of the databases that cannot be read: keys that were revoked in them are not known. */
  unread: string[];
}

/** Which keys are valid again in a database, by those that stood in its place before. */
export function revivedKeys(before: readonly string[], after: string): Revived {
  const revoked = new Set<string>();
  const unread: string[] = [];
  for (const file of before)
    try {
      for (const { id } of keysOf(file, 'revoked_at is not null')) revoked.add(id);
    } catch {
      unread.push(file); // damaged, or a journal alone
    }
  const valid = revoked.size === 0 ? [] : keysOf(after, 'revoked_at is null');
  return { revived: valid.filter(({ id }) => revoked.has(id)), unread };
}

function keysOf(file: string, which: string): NamedKey[] {
  const database = openDatabase(file, { readonly: true });
  try {
    const keys = `select id, hint, label from api_key where ${which} order by created_at, id`;
    return database.prepare(keys).all() as NamedKey[];
  } finally {
    database.close();
  }
}
