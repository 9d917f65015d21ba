import Database from 'better-sqlite3';
import { migrateFile } from './migrateFile.ts';

/** What a database is made of: its columns (`table.column`), indices and triggers, and what those do. */
export type Shape = Record<string, string>;

/** Reads it. What SQLite makes by itself for a key or a constraint goes with the table. */
export function shapeOf(database: Database.Database): Shape {
  const parts = database.prepare(`
    select t.name || '.' || c.name as name, '' as does from sqlite_master t, pragma_table_info(t.name) c
      where t.type = 'table' and t.name not like 'sqlite_%'
    union all select name, '' from sqlite_master where type = 'index' and sql is not null
    union all select name, sql from sqlite_master where type = 'trigger'`);
  const found = parts.all() as { name: string; does: string }[];
  return Object.fromEntries(found.map(({ name, does }) => [name, does.replace(/\s+/g, ' ')]));
}

/** That of a database which has had all migrations and nothing else. On PostgreSQL columns and indices are the same. */
export async function madeShape(): Promise<Shape> {
  const database = new Database(':memory:');
  try {
    await migrateFile(database);
    return shapeOf(database);
  } finally {
    database.close();
  }
}
