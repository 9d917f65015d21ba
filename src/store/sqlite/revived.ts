import { openDatabase } from './connection.ts';

/** A key that can be told and revoked by its id. */
export interface NamedKey {
  id: string;
  hint: string;
  label: string;
}

/**
 * Keys that were revoked in one database and are not in the one that has taken its place; undefined where the first
 * cannot be read.
 */
export function revivedKeys(before: string, after: string): NamedKey[] | undefined {
  try {
    const revoked = keysOf(before, 'revoked_at is not null').map(({ id }) => id);
    return keysOf(after, 'revoked_at is null').filter(({ id }) => revoked.includes(id));
  } catch {
    return undefined; // damaged, or a journal alone
  }
}

function keysOf(file: string, which: string): NamedKey[] {
  const database = openDatabase(file, { readonly: true });
  try {
    return database.prepare(`select id, hint, label from api_key where ${which}`).all() as NamedKey[];
  } finally {
    database.close();
  }
}
