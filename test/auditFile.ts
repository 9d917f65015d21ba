import { runBatch } from '../src/store/sqlite/batch.ts';
import { connect, openDatabase } from '../src/store/sqlite/connection.ts';

/**
 * What the audit finds in a database, beside whoever has it open. In this thread: the store starts one of its own for each
 * audit, which took a third of the time of all tests.
 */
export function auditFile(file: string, now: number): unknown {
  const database = openDatabase(file, { readonly: true });
  try {
    const { answers } = runBatch(connect(database), [{ name: 'audit', args: [now] }]);
    const [answer] = answers;
    if (!answer || 'error' in answer) throw new Error(`no audit: ${answer?.error.message}`);
    return answer.value;
  } finally {
    database.close();
  }
}
