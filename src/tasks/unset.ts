/** The task without the fields that are null, as clients write those that they leave out. */
export function withoutNulls(task: unknown): unknown {
  return without(task, (value) => value === null);
}

/**
 * The task without its null fields and its blank texts, as clients write a second image that they leave out. What the task
 * is about stays, since a blank one has an error of its own, and so does `charset`: without it, what it was to rule out
 * would be read, and charged.
 */
export function withoutUnset(task: unknown): unknown {
  return without(task, (value, name) => value === null || (isBlank(value) && !keptBlank.includes(name)));
}

const keptBlank = ['body', 'image', 'question', 'charset'];

const isBlank = (value: unknown) => typeof value === 'string' && value.trim() === '';

function without(task: unknown, isLeftOut: (value: unknown, name: string) => boolean): unknown {
  if (typeof task !== 'object' || task === null) return task;
  return Object.fromEntries(Object.entries(task).filter(([name, value]) => !isLeftOut(value, name)));
}
