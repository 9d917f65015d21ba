import type { Account, Ban, BanKind, Key, MicroUsd, Package } from './records.ts';
import type { EntryKind } from './schema.ts';

/** A key that may do everything, in no dialect of its own. */
export const unlimited = {
  taskTypes: null,
  addresses: null,
  dailyCap: null,
  dialect: null,
  isTest: false,
  expiresAt: null,
};

export interface Bookkeeping {
  /** How many checkpoints were made. */
  made: number;
  violations: Violation[];
  /** Whether somebody held the ledger, so that none was tried: to be asked again soon. */
  isBusy: boolean;
}

export interface NewAccount {
  id: string;
  name: string;
  now: number;
  /** What is on it from the start, with the note of its entry in the ledger. */
  balance?: { amount: MicroUsd; note: string } | undefined;
}

/** A key as it is stored: never the key itself, only its HMAC and a hint. */
export interface NewKey extends Omit<Key, 'revokedAt'> {
  hash: string;
  now: number;
}

export interface NewPackage extends Omit<Package, 'callsLeft' | 'keyHint'> {
  calls: number;
  now: number;
}

export interface LedgerEntry {
  id: number;
  kind: EntryKind;
  amount: MicroUsd;
  /** Calls of a package: given by `grant`, taken by its tasks in place of money. */
  calls: number;
  taskId: string | null;
  note: string;
  at: number;
}

/** What a client said of an answer. */
export interface Feedback {
  taskId: string;
  /** Name of the account. */
  account: string;
  /** Of the task; null in reports of older versions. */
  type: string | null;
  module: string | null;
  /** Whether the answer was wrong. */
  invalid: boolean;
  code: number | null;
  message: string | null;
  at: number;
}

/** An invariant that the books break (of I1 to I9, see docs/request.md), and where. */
export interface Violation {
  invariant: string;
  detail: string;
}

/** One thing that doctor looks at inside the store. */
export interface StoreCheck {
  name: string;
  ok: boolean;
  detail: string;
}

/** Counted since the store was opened; gauges are of this moment. */
export interface StoreCounters {
  operations: number;
  commits: number;
  walBytes: number;
}

/** What the books are like at this moment, for monitoring; cheap enough to be asked every few seconds. */
export interface StoreGauges {
  /** Tasks that are reserved and not ended. */
  openTasks: number;
  /** Those of them that should have ended more than 30 s ago (I6): must be 0. */
  overdueTasks: number;
  /** Σ pending and Σ posted over all accounts. */
  reserved: MicroUsd;
  posted: MicroUsd;
  /** Callbacks that are still to be delivered, and when the result of the oldest was known. */
  waitingCallbacks: number;
  oldestCallback: number | null;
}

/** What the operator's commands and the monitoring need, beside the operations of requests in Store. */
export interface StoreAdmin {
  /** The first account with its key, in books without an account; false where there is one, or another process is first. */
  welcome(account: NewAccount, key: NewKey, fingerprint: string): Promise<boolean>;
  /**
   * With its first balance or not at all; undefined where there is an account of this name or id.
   * @throws RangeError when the balance is not above 0, not whole, or beyond 9e15
   */
  createAccount(account: NewAccount): Promise<Account | undefined>;
  listAccounts(): Promise<Account[]>;
  /** Bans that last, and those that ended less than 24 hours ago: they make the next one longer. */
  listBans(now: number): Promise<Ban[]>;
  /** Forgets a ban altogether, as if it had never been; false when there is none. */
  liftBan(kind: BanKind, subject: string): Promise<boolean>;
  /** By id, or by name where that is unique. */
  findAccount(idOrName: string): Promise<Account | undefined>;
  /**
   * Adds to the balance, or with a negative amount takes from it (`adjust`).
   * Undefined when there is no such account, or the balance cannot bear it.
   * @throws RangeError when the amount is nothing, not whole, or beyond 9e15
   */
  topUp(entry: {
    accountId: string;
    amount: MicroUsd;
    note: string;
    now: number;
  }): Promise<Account | undefined>;
  /** The latest entries of an account, newest first. */
  listEntries(accountId: string, limit: number): Promise<LedgerEntry[]>;
  /** The latest reports of clients on answers, newest first; `wrong`: only those that call an answer wrong. */
  listFeedback(which: { limit: number; wrong: boolean }): Promise<Feedback[]>;
  /** Undefined when a key of this hash exists. */
  createKey(key: NewKey): Promise<Key | undefined>;
  listKeys(accountId?: string): Promise<Key[]>;
  /** Whether there is any, be it revoked. */
  hasKeys(): Promise<boolean>;
  /** False when there is no such key, or it is revoked already. */
  revokeKey(keyId: string, now: number): Promise<boolean>;
  /** A package with its own key, in one commit. */
  createPackage(pack: NewPackage, key: NewKey): Promise<Package>;
  /** Ends the package and revokes its keys; false when there is no such package. */
  endPackage(packageId: string, now: number): Promise<boolean>;
  /** Fingerprint of the pepper that the keys are hashed with; undefined where none is kept yet. */
  keptPepper(): Promise<string | undefined>;
  /**
   * Keeps a fingerprint unless there are keys already; returns the one that is kept, undefined where keys were made before
   * any was.
   */
  keepPepper(fingerprint: string): Promise<string | undefined>;
  /**
   * Keeps the fingerprint of the pepper that a key has been found with, where none is kept; false where the key was made
   * since that is so, and says nothing of those before it.
   */
  provePepper(fingerprint: string, keyId: string): Promise<boolean>;
  /**
   * What the ledger's invariants find; empty when the books are right. From the last checkpoint on, or when `whole`
   * from the first line, and then the checkpoints are checked as well.
   */
  audit(now: number, options?: { whole?: boolean }): Promise<Violation[]>;
  /**
   * Writes down the balances after every half million new lines of the ledger, so that audits need not begin at the
   * first. Makes none, and tells why, where an audit finds anything or somebody holds the ledger.
   */
  makeCheckpoints(now: number): Promise<Bookkeeping>;
  /** Engine, integrity, journal mode, durability, schema version: for doctor. */
  inspect(): Promise<StoreCheck[]>;
  gauges(now: number): Promise<StoreGauges>;
  counters(): Promise<StoreCounters>;
}
