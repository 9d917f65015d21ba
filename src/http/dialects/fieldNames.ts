/** What our fields are called in a contract, where it has names of its own. */
export type FieldNames = ReadonlyMap<string, string>;

/** What is wrong with a field, under the name that the client knows it by. */
export function inOwnNames(detail: string, names: FieldNames): string {
  const named = detail.replace(/^[\w.]+(?=:)|\btask\.\w+/g, (field) => names.get(field) ?? field);
  // One length is compared with the other. No word is written so, but for a field's name.
  return named.replace(/\b[a-z]+[A-Z]\w*/g, (field) => names.get(`task.${field}`) ?? field);
}
