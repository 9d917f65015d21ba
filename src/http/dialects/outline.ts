import type { Body } from './dialect.ts';

/** What refusals are worded by, in any dialect; of each no more than fits a few words. */
const kept = ['clientKey', 'taskId', 'json', 'action', 'sentAs'];
const keptOfTask = ['type', 'score', 'recognizingThreshold'];
const longest = 100;

/** Of the fields of a request those that its refusal may depend on. */
export function outlineOf(fields: Body): Body {
  const { task } = fields;
  const isTask = typeof task === 'object' && task !== null;
  return { ...pick(fields, kept), ...(isTask ? { task: pick(task as Body, keptOfTask) } : {}) };
}

function pick(fields: Body, names: readonly string[]): Body {
  const short = (value: unknown) => (typeof value === 'string' ? value.slice(0, longest) : value);
  const isSmall = (value: unknown) => typeof value !== 'object' || value === null;
  const found = names.filter((name) => fields[name] !== undefined && isSmall(fields[name]));
  return Object.fromEntries(found.map((name) => [name, short(fields[name])]));
}
