import { sql } from 'kysely';
import type { EngineName } from '../statement.ts';

/** Unpacks a JSON array of ids, or of other texts: one bound value, so that a list of any length is the same statement. */
export function idsOf(json: string, engine: EngineName) {
  return engine === 'postgres'
    ? sql<string>`(select json_array_elements_text(${json}::json))`
    : sql<string>`(select value from json_each(${json}))`;
}
