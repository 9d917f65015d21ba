/** What our fields are called in a contract, where it has names of its own. */
export type FieldNames = ReadonlyMap<string, string>;

/** What is wrong with a field, under the name that the client knows it by. */
export function inOwnNames(detail: string | undefined, names: FieldNames): string | undefined {
  return detail?.replace(/^[\w.]+(?=:)/, (field) => names.get(field) ?? field);
}
