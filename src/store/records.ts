// What the store keeps and tells. Money is integer micro-USD. Times are milliseconds since 1970.

import type { ErrorCode } from '../errors.ts';

export type MicroUsd = number;

export interface Account {
  id: string;
  name: string;
  /** Σ top-ups + Σ adjustments − Σ settled tasks. */
  posted: MicroUsd;
  /** Σ prices of the tasks that are reserved and not yet settled or released; 0 ≤ pending ≤ posted. */
  pending: MicroUsd;
  createdAt: number;
}

export interface Key {
  id: string;
  accountId: string;
  packageId: string | null;
  label: string;
  /** First and last characters, for people: `lgl_3fK…9Qz`. */
  hint: string;
  /** `null` allows every type. */
  taskTypes: string[] | null;
  /** CIDR ranges that may use the key; `null` allows every address. */
  addresses: string[] | null;
  /** Most that the key may spend in a UTC day. */
  dailyCap: MicroUsd | null;
  /** The contract that its client speaks; `null` where its host name or port says. */
  dialect: string | null;
  /** Whether it may ask for staged answers, which cost nothing. */
  isTest: boolean;
  expiresAt: number | null;
  revokedAt: number | null;
}

export interface Package {
  id: string;
  accountId: string;
  title: string;
  type: number;
  /** Requests in any 60 s, for all keys of the package together; `null` is the server's default. */
  rateLimit: number | null;
  /** Tasks under way at once. */
  concurrency: number | null;
  /** Calls that are paid already; a task of the package takes one call and no money. */
  callsLeft: number;
  expiresAt: number | null;
  /** Hint of the package's own key. */
  keyHint: string;
}

/** A key with all that a request needs to know about it, read in one go. */
export interface Principal {
  key: Key;
  package: PackageLimits | null;
}

/** How often and how long a package may be used. */
export type PackageLimits = Pick<Package, 'id' | 'rateLimit' | 'concurrency' | 'expiresAt'>;

export type TaskState = 'queued' | 'running' | 'ready' | 'failed';

export interface NewHold {
  taskId: string;
  accountId: string;
  keyId: string;
  packageId: string | null;
  type: string;
  module: string;
  price: MicroUsd;
  dailyCap: MicroUsd | null;
  /** `running` for a task answered inside createTask, `queued` for one that a worker takes up. */
  state: 'queued' | 'running';
  /** What a worker needs to run a queued task after a restart; `null` for one answered at once. */
  payload: string | null;
  /** Where the result is to be sent; `null` when its client did not ask for that. */
  callbackUrl: string | null;
  /** The contract that its client speaks. */
  dialect: string;
  /** The client's. */
  address: string;
  /** `null` when its client did not name the request. */
  idempotency: Idempotency | null;
  now: number;
  deadline: number;
  /** When its result is forgotten. */
  expiresAt: number;
}

/** A request that is to be answered once, however often it is sent with a key. */
export interface Idempotency {
  /** A digest of the name that its client gave it. */
  name: string;
  /** A digest of what it asks for. */
  fingerprint: string;
  /** When the name is forgotten. */
  expiresAt: number;
}

/** The task of the same request, sent before; it is under way, or has its solution. */
export interface Repeat {
  taskId: string;
  number: number;
  price: MicroUsd;
  solution: string | null;
}

/** `otherBody`: the name of the request belongs to one that asked for something else. */
export type Recalled = Repeat | 'otherBody' | undefined;

export type ReserveOutcome =
  | 'held'
  | 'zeroBalance'
  | 'dailyCapReached'
  /** Or the package has expired. */
  | 'noCallsLeft'
  | NonNullable<Recalled>;

/** The lease (fencing number) makes a stale worker's settle change nothing (I10). */
export interface Lease {
  taskId: string;
  lease: number;
}

/** How a task fails: told to its client, and kept with it. */
export interface Failure {
  taskId: string;
  errorCode: ErrorCode;
  errorDetail: string | null;
  now: number;
}

/** Without a lease, whoever has the task. With its account, a hold whose commit is under way is waited for. */
export type Release = Failure & Partial<Lease> & { accountId?: string };

export interface TaskRecord {
  state: TaskState;
  price: MicroUsd;
  /** JSON of the solution, when `ready`. */
  solution: string | null;
  /** When `failed`. */
  errorCode: string | null;
  errorDetail: string | null;
  /** The client's that asked for it. */
  address: string;
  createdAt: number;
  /** `null` while it is open. */
  endedAt: number | null;
  polls: number;
}

export interface PollQuery {
  taskId: string;
  accountId: string;
  now: number;
  /** Null for a look of the server's own, which is neither counted nor refused. */
  maxPolls: number | null;
}

export type BanKind = 'address' | 'key';

/** How long a ban that is over still makes the next one longer. */
export const banMemoryMs = 24 * 3_600_000;

export interface Ban {
  kind: BanKind;
  /** An IPv4 address, an IPv6 prefix of 64, 56 or 48 bits, or a key's id. */
  subject: string;
  since: number;
  until: number;
  /** Which ban of this subject within 24 hours: 1, 2, … */
  count: number;
}

export interface BanChanges {
  /** As they stand now, the one that changed last at the end; of one that was lifted `count` is 0. */
  bans: Ban[];
  /** What to ask with the next time. */
  upTo: number;
  more: boolean;
  /** The books have lost what they had told, as by a restore: these are all of their bans, from the first. */
  isAnew: boolean;
}

/** A queued task that a worker has taken up; the lease that it must end it with. */
export interface TakenTask extends Lease {
  accountId: string;
  keyId: string;
  type: string;
  payload: string | null;
  callbackUrl: string | null;
  deadline: number;
}

/** A result that is to be sent, and which attempt at that this is: endCallback is given that number. */
export interface Callback {
  taskId: string;
  number: number;
  /** The contract that its client speaks. */
  dialect: string;
  /** The client's that asked for it. */
  address: string;
  price: MicroUsd;
  createdAt: number;
  endedAt: number;
  keyId: string;
  url: string;
  host: string;
  /** JSON of the solution, or else `null` and the error. */
  solution: string | null;
  errorCode: string | null;
  errorDetail: string | null;
  attempts: number;
}

/** Which callback is lent: of none of these hosts, keys and pairs of both (a key and a host, a blank between). */
export interface CallbackQuery {
  now: number;
  /** When it is due again if nobody ends it. */
  lostAt: number;
  busyHosts: readonly string[];
  busyKeys: readonly string[];
  busyPairs: readonly string[];
}

/** What a client says of the result of its task. */
export interface FeedbackReport {
  taskId: string;
  accountId: string;
  invalid: boolean;
  code: number | null;
  message: string | null;
  now: number;
}

/** A request that may have been sent before. */
export interface RecallQuery {
  keyId: string;
  idempotency: Idempotency;
  now: number;
}

export interface SweepOutcome {
  timedOut: number;
  forgotten: number;
  /** More is left than one sweep may do: it is time for the next. Not told of what is only waited for. */
  more?: boolean;
  /** Why the sweep of everything failed, where it was time for one: what was due before the start may still be held. */
  cutOff?: unknown;
}
