import type { Generated } from 'kysely';
import type { BanKind, TaskState } from './records.ts';

/** The tables as both engines have them: money in integer micro-USD, times in milliseconds since 1970. */
export interface Tables {
  account: {
    id: string;
    name: string;
    posted: number;
    pending: number;
    created_at: number;
  };
  package: {
    id: string;
    account_id: string;
    title: string;
    type: number;
    rate_limit: number | null;
    concurrency: number | null;
    calls_left: number;
    expires_at: number | null;
    created_at: number;
  };
  api_key: {
    id: string;
    account_id: string;
    package_id: string | null;
    hash: string;
    hint: string;
    label: string;
    /** JSON arrays of strings. */
    task_types: string | null;
    addresses: string | null;
    daily_cap: number | null;
    dialect: string | null;
    is_test: Generated<number>;
    expires_at: number | null;
    revoked_at: number | null;
    created_at: number;
    /** What `spent` is of: the UTC day, counted from 1970. At most one ahead of the clock. */
    day: Generated<number>;
    /** Held and charged on that day. */
    spent: Generated<number>;
  };
  task: {
    /** Never used twice, and in the order of creation: what dialects with integer ids show. */
    number: Generated<number>;
    id: string;
    account_id: string;
    key_id: string;
    package_id: string | null;
    type: string;
    module: string;
    state: TaskState;
    price: number;
    /** The day in which the key's spending counts it; 0 when it counts nowhere. */
    day: number;
    payload: string | null;
    /** Where its result is sent when it ends. */
    callback_url: string | null;
    /** In which contract it was asked for, and from which address. */
    dialect: string;
    address: string;
    /** The name of the request that asked for it, where it had one. */
    idempotency: string | null;
    solution: string | null;
    error_code: string | null;
    error_detail: string | null;
    lease: number;
    /** The process that runs it. */
    node: string;
    /** How many processes died while they ran it. */
    deaths: Generated<number>;
    polls: Generated<number>;
    created_at: number;
    /** Null while it is open. */
    ended_at: number | null;
    deadline: number;
    expires_at: number;
  };
  /**
   * The ledger: each row moves `amount` (or, of a package, `calls`) from the account `debit` to the account
   * `credit`, so that all balances sum to zero. `house:` accounts are no rows of `account`: what they hold is
   * the sum of their entries, since a row that every task changes would be where all of them queue.
   */
  entry: {
    number: Generated<number>;
    kind: EntryKind;
    debit: string;
    credit: string;
    amount: number;
    calls: number;
    task_id: string | null;
    package_id: string | null;
    note: string;
    at: number;
  };
  /**
   * What each account (also the house's) and package had after a line of the ledger that left no reservation open
   * before it; who had nothing has no row. The last that is written is of the account '', which is nobody's: a checkpoint
   * without it is not whole. Append-only, like the ledger.
   */
  checkpoint: {
    entry: number;
    kind: 'account' | 'package';
    subject: string;
    posted: number;
    pending: number;
    calls: number;
    at: number;
  };
  /** The outbox: results that are still to be sent, each written in the transaction that ended its task. */
  callback: {
    task_id: string;
    /** The task as its client's contract tells of it. */
    number: number;
    dialect: string;
    address: string;
    price: number;
    asked_at: number;
    /** Whose secret it is signed with. */
    key_id: string;
    url: string;
    /** Of the URL: how many are sent to one host at once is limited. */
    host: string;
    solution: string | null;
    error_code: string | null;
    error_detail: string | null;
    attempts: number;
    /** When the task ended. */
    created_at: number;
    /** Of the next attempt; while one is under way, when it is taken to have been lost. */
    due_at: number;
  };
  /** Requests that are answered once, however often they are sent: which task each was answered with. */
  idempotency: {
    key_id: string;
    name: string;
    /** Of what was asked for: another request may not use the name. */
    fingerprint: string;
    task_id: string;
    number: number;
    price: number;
    /** Null while the task is under way. */
    solution: string | null;
    expires_at: number;
  };
  ban: {
    kind: BanKind;
    subject: string;
    since: number;
    until: number;
    /** 0: it was lifted, and stands here only to tell so. */
    count: number;
    /** Number of its last change among those of all bans; `bans changed` of `fact` is the last. */
    changed: number;
  };
  feedback: {
    task_id: string;
    account_id: string;
    invalid: number;
    code: number | null;
    message: string | null;
    at: number;
    /** Of the task; null in reports of older versions. */
    type: string | null;
    module: string | null;
  };
  /** Processes that serve from this store, and when each was last seen. */
  node: {
    id: string;
    seen_at: number;
  };
  /** Single facts: the readiness probe's mark, the fingerprint of the pepper, the id of the first account, … */
  fact: {
    name: string;
    value: string;
  };
}

const tables: Record<keyof Tables, true> = {
  account: true,
  package: true,
  api_key: true,
  task: true,
  entry: true,
  checkpoint: true,
  callback: true,
  idempotency: true,
  ban: true,
  feedback: true,
  node: true,
  fact: true,
};

export const tableNames: readonly string[] = Object.keys(tables);

export type EntryKind = 'topup' | 'adjust' | 'grant' | 'reserve' | 'settle' | 'release';

/** Where money comes from and goes to. */
export const house = { cash: 'house:cash', corrections: 'house:corrections', sales: 'house:sales' } as const;

/** Greatest balance: JavaScript's numbers are exact up to 9.007e15. */
export const greatestAmount = 9_000_000_000_000_000;
