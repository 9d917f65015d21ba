import type { Database } from 'better-sqlite3';
import type { Violation } from '../admin.ts';
import { runBatch } from './batch.ts';
import { connect } from './connection.ts';

/**
 * What is wrong with the books of an open database, looked at in this thread: for files that no server is at, and tests.
 * @throws Error when they cannot be looked at
 */
export function auditDatabase(database: Database, now: number): Violation[] {
  const [answer] = runBatch(connect(database), [{ name: 'audit', args: [now] }]).answers;
  if (answer && 'value' in answer) return answer.value as Violation[];
  throw new Error(answer?.error.message);
}
