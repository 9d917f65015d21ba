import { storeErrorOf } from '../engine.ts';
import { type Call, start } from '../operations.ts';
import type { Connection } from './connection.ts';

export type Answer = { value: unknown } | { error: { code: string; message: string } };

export interface BatchOutcome {
  /** In the order of the calls. */
  answers: Answer[];
  /** Operations in each commit that wrote something. */
  commits: number[];
  /** Set when nothing may be promised any more. */
  fatal?: { code: string; message: string };
}

/** A call whose result may be told as soon as it has run, before it is on the disk. */
export type AskedCall = Call & { early?: true };

/** Called before the commit with what has run, the new from `from` on; returns calls that have come meanwhile. */
export type Meanwhile = (ran: AskedCall[], values: unknown[], from: number) => AskedCall[];

/**
 * Runs calls in one transaction and commits once. When one throws, the whole is rolled back and each is run by
 * itself, so that it fails alone; so it is when the disk is full, since those that only read still succeed. But not
 * what `meanwhile` has told early: run again it could come out otherwise, as a number that was told for another task.
 * Calls that `meanwhile` brings go into the same transaction.
 */
export function runBatch(
  connection: Connection,
  firstCalls: AskedCall[],
  meanwhile: Meanwhile = () => [],
): BatchOutcome {
  const { calls, told, ...whole } = attempt(connection, firstCalls, meanwhile);
  if (!('error' in whole)) return { answers: whole.answers, commits: whole.wrote ? [calls.length] : [] };
  if (isFatal(whole.error.code)) return failAll(calls, whole.error);
  // When not even a transaction can be begun, trying call by call would only make all of them wait in turn.
  if (calls.length === 1 || !whole.begun)
    return { answers: calls.map(() => ({ error: whole.error })), commits: [] };

  const outcome: BatchOutcome = { answers: [], commits: [] };
  for (const [index, call] of calls.entries()) {
    if (call.early && index < told) {
      outcome.answers.push({ error: whole.error });
      continue;
    }
    const { answers, commits, fatal } = runBatch(connection, [call]);
    if (fatal) {
      const rest = failAll(calls.slice(index), fatal);
      return { ...rest, answers: [...outcome.answers, ...rest.answers], commits: outcome.commits };
    }
    outcome.answers.push(...answers);
    outcome.commits.push(...commits);
  }
  return outcome;
}

/** `told`: how many of the calls `meanwhile` has seen. */
type Attempt = { calls: AskedCall[]; told: number } & (
  | { answers: Answer[]; wrote: boolean }
  | { error: { code: string; message: string }; begun: boolean }
);

function attempt(connection: Connection, firstCalls: AskedCall[], meanwhile: Meanwhile): Attempt {
  let calls = firstCalls;
  let told = 0;
  let begun = false;
  try {
    connection.begin();
    begun = true;
    let wrote = false;
    const values: unknown[] = [];
    for (let from = 0; from < calls.length; ) {
      const to = calls.length;
      for (let at = from; at < to; at++) {
        const operation = start(calls[at]!);
        let step = operation.next();
        while (!step.done) {
          const done = connection.execute(step.value);
          if (done.changes > 0) wrote = true;
          step = operation.next(done);
        }
        values.push(step.value);
      }
      told = to;
      const more = meanwhile(calls, values, from);
      if (more.length > 0) calls = [...calls, ...more];
      from = to;
    }
    connection.commit();
    return { calls, told, answers: values.map((value) => ({ value })), wrote };
  } catch (error) {
    const { code, message } = storeErrorOf(error);
    try {
      if (begun) connection.rollback();
    } catch (second) {
      return {
        calls,
        told,
        error: { code: 'SQLITE_IOERR', message: `rollback failed: ${String(second)}` },
        begun,
      };
    }
    return { calls, told, error: { code, message }, begun };
  }
}

/**
 * After a failed fsync the kernel may have dropped the very pages and call the next one a success: to try again
 * would promise what is not on the disk. Only a new start, which reads the file anew, is safe.
 */
function isFatal(code: string): boolean {
  return code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

function failAll(calls: Call[], fatal: { code: string; message: string }): BatchOutcome {
  return { answers: calls.map(() => ({ error: fatal })), commits: [], fatal };
}
