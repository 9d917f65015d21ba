import { type ErrorCode, errorTable } from '../errors.ts';

/** How a call to the sandbox is to go: `ok`, `async`, `slow-<ms>`, `err-<CODE>`, or `fail-<CODE>` in polling. */
export type Script =
  | { kind: 'ok' | 'async' }
  | { kind: 'slow'; ms: number }
  | { kind: 'err' | 'fail'; code: ErrorCode };

/** As long as a real task may take. */
export const slowestMs = 120_000;

/** Undefined for what is no script. */
export function parseScript(text: string): Script | undefined {
  if (text === 'ok' || text === 'async') return { kind: text };
  const [, kind, rest = ''] = /^(slow|err|fail)-(\w+)$/.exec(text) ?? [];
  if (kind === undefined) return isCode(text) ? { kind: 'err', code: text } : undefined;
  if (kind !== 'slow') return isCode(rest) ? { kind: kind as 'err' | 'fail', code: rest } : undefined;
  return /^\d{1,6}$/.test(rest) && Number(rest) <= slowestMs ? { kind, ms: Number(rest) } : undefined;
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}
