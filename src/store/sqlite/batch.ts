import { isDeepStrictEqual } from 'node:util';
import { StoreError, storeErrorOf } from '../engine.ts';
import { type Call, start } from '../operations.ts';
import type { Connection } from './connection.ts';

/** As it travels between threads. `stack`: of an error that is none of SQLite's, and so a mistake of ours. */
export interface Failed {
  code: string;
  message: string;
  stack?: string;
}

export type Answer = { value: unknown } | { error: Failed };

export interface BatchOutcome {
  /** In the order of the calls. */
  answers: Answer[];
  /** Operations in each commit that wrote something. */
  commits: number[];
  /** Set when nothing may be promised any more. */
  fatal?: Failed;
}

/** A call whose result may be told as soon as it has run, before it is on the disk. */
export type AskedCall = Call & { early?: true };

/** Called before the commit with what has run, the new from `from` on; returns calls that have come meanwhile. */
type Meanwhile = (ran: AskedCall[], values: unknown[], from: number) => AskedCall[];

/**
 * Runs calls in one transaction and commits once. When one throws, the whole is rolled back and each is run by
 * itself, so that it fails alone; so it is when the disk is full, since those that only read still succeed.
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

  const answers = new Array<Answer>(calls.length);
  const commits: number[] = [];
  const early = [...told.keys()].filter((index) => calls[index]!.early);
  const alone = [...calls.keys()].filter((index) => !early.includes(index)).map((index) => [index]);
  for (const indexes of early.length > 0 ? [early, ...alone] : alone) {
    const again = runAgain(
      connection,
      indexes.map((index) => calls[index]!),
      indexes === early ? early.map((index) => told[index]) : undefined,
    );
    if (again.fatal) {
      const { fatal } = again;
      return { answers: Array.from(answers, (answer) => answer ?? { error: fatal }), commits, fatal };
    }
    for (const [at, index] of indexes.entries()) answers[index] = again.answers[at]!;
    commits.push(...again.commits);
  }
  return { answers, commits };
}

/**
 * Runs a call by itself; or together all those that were told early: unless they come out as they were `told`, none of them
 * is done, since a number that was told for one task would be another's.
 */
function runAgain(connection: Connection, calls: AskedCall[], told: unknown[] | undefined): BatchOutcome {
  const again = attempt(connection, calls, (_ran, values) => {
    if (told !== undefined && !isDeepStrictEqual(values, told))
      throw new StoreError('TOLD_OTHERWISE', 'what was told early would not be so');
    return [];
  });
  if (!('error' in again)) return { answers: again.answers, commits: again.wrote ? [calls.length] : [] };
  if (isFatal(again.error.code)) return failAll(calls, again.error);
  return { answers: calls.map(() => ({ error: again.error })), commits: [] };
}

/** `told`: what came of those calls that `meanwhile` has seen. */
type Attempt = { calls: AskedCall[]; told: unknown[] } & (
  | { answers: Answer[]; wrote: boolean }
  | { error: Failed; begun: boolean }
);

function attempt(connection: Connection, firstCalls: AskedCall[], meanwhile: Meanwhile): Attempt {
  let calls = firstCalls;
  let told: unknown[] = [];
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
      told = [...values];
      const more = meanwhile(calls, values, from);
      if (more.length > 0) calls = [...calls, ...more];
      from = to;
    }
    connection.commit();
    return { calls, told, answers: values.map((value) => ({ value })), wrote };
  } catch (error) {
    const failed = failedOf(error);
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
    return { calls, told, error: failed, begun };
  }
}

/**
 * After a failed fsync the kernel may have dropped the very pages and call the next one a success: to try again
 * would promise what is not on the disk. Only a new start, which reads the file anew, is safe. So it is where a full
 * disk keeps -shm from growing (IOERR_SHMSIZE): the commit stands in the journal by then, and whoever reads that next
 * may find what was told to have failed.
 */
function isFatal(code: string): boolean {
  return code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

function failedOf(error: unknown): Failed {
  const { code, reason: message } = storeErrorOf(error);
  const { stack } = error as Error;
  return code === 'ERROR' && stack !== undefined ? { code, message, stack } : { code, message };
}

function failAll(calls: Call[], fatal: Failed): BatchOutcome {
  return { answers: calls.map(() => ({ error: fatal })), commits: [], fatal };
}
