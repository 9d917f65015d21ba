import type { Body } from './dialect.ts';

/** What refusals are worded by, in any dialect. */
const kept = ['clientKey', 'taskId', 'json', 'action', 'sentAs'];
const keptOfTask = ['type', 'class', 'score', 'recognizingThreshold'];
/** Longer texts are left out and not cut off: of a cut one V8 keeps the whole. */
const longest = 200;

/** Those fields of a request that its refusal may depend on. */
export function outlineOf(fields: Body): Body {
  const { task } = fields;
  const isTask = typeof task === 'object' && task !== null;
  return { ...pick(fields, kept), ...(isTask ? { task: pick(task as Body, keptOfTask) } : {}) };
}

function pick(fields: Body, names: readonly string[]): Body {
  const picked: Body = {};
  for (const name of names) {
    const value = fields[name];
    const isSmall = typeof value === 'string' ? value.length <= longest : typeof value !== 'object';
    if (isSmall && value !== undefined) picked[name] = value;
  }
  return picked;
}
