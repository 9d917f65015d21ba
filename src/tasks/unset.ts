/** What clients write for a field that they leave out. */
export function withoutNulls(task: unknown): unknown {
  return without(task, (value) => value === null);
}

/**
 * The same, and nothing between quotes, also of a second image; but of what a task is about, which is then wrong in a way of its own, and of
 * `charset`: without it, what it was to rule out would be read, and charged.
 */
export function withoutUnset(task: unknown): unknown {
  return without(task, (value, name) => value === null || (isBlank(value) && !subjects.includes(name)));
}

const subjects = ['body', 'image', 'question', 'charset'];

const isBlank = (value: unknown) => typeof value === 'string' && value.trim() === '';

function without(task: unknown, isLeftOut: (value: unknown, name: string) => boolean): unknown {
  if (typeof task !== 'object' || task === null) return task;
  return Object.fromEntries(Object.entries(task).filter(([name, value]) => !isLeftOut(value, name)));
}
