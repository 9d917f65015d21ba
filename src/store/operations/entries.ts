import type { LedgerEntry } from '../admin.ts';
import { type EntryKind, house } from '../schema.ts';
import { change, type Operation, rows, statement } from '../statement.ts';
import type { Stretch } from './balances.ts';

const insertEntry = statement((db, p: Entry) =>
  db.insertInto('entry').values({
    kind: p.kind,
    debit: p.debit,
    credit: p.credit,
    amount: p.amount,
    calls: p.calls,
    task_id: p.taskId,
    package_id: p.packageId,
    note: p.note,
    at: p.at,
  }),
);

interface Entry {
  kind: EntryKind;
  debit: string;
  credit: string;
  amount: number;
  calls: number;
  taskId: string | null;
  packageId: string | null;
  note: string;
  at: number;
}

/** Writes one line of the ledger: `amount`, or calls of a package, move from `debit` to `credit`. */
export function* write(entry: Pick<Entry, 'kind' | 'debit' | 'credit' | 'at'> & Partial<Entry>) {
  yield* change(insertEntry, { amount: 0, calls: 0, taskId: null, packageId: null, note: '', ...entry });
}

/** What a task holds, and whose it is. */
export interface Holding {
  id: string;
  account_id: string;
  key_id: string;
  package_id: string | null;
  price: number;
  day: number;
}

/** The line of a task: from its account to the sales, or back when the hold is released. */
export function* writeForTask(kind: 'reserve' | 'settle' | 'release', task: Holding, at: number) {
  const [debit, credit] =
    kind === 'release' ? [house.sales, task.account_id] : [task.account_id, house.sales];
  const calls = task.package_id === null ? 0 : 1;
  yield* write({
    kind,
    debit,
    credit,
    amount: task.price,
    calls,
    taskId: task.id,
    packageId: task.package_id,
    at,
  });
}

const selectEntries = statement((db, p: Stretch & { accountId: string; limit: number }) =>
  db
    .selectFrom('entry')
    .select(['number', 'kind', 'debit', 'amount', 'calls', 'task_id', 'note', 'at'])
    .where('number', '>', p.since)
    .where('number', '<=', p.upTo)
    .where((eb) => eb.or([eb('debit', '=', p.accountId), eb('credit', '=', p.accountId)]))
    .orderBy('number', 'desc')
    .limit(p.limit),
);

/** The latest entries of an account in a stretch, newest first; an adjustment that took money has a negative amount. */
export function* listEntries(accountId: string, limit: number, stretch: Stretch): Operation<LedgerEntry[]> {
  const found = yield* rows(selectEntries, { accountId, limit, ...stretch });
  return found.map(({ number, kind, debit, amount, calls, task_id, note, at }) => ({
    id: number,
    kind,
    amount: kind === 'adjust' && debit === accountId ? -amount : amount,
    calls,
    taskId: task_id,
    note,
    at,
  }));
}
