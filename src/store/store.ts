import type {
  Account,
  Ban,
  BanChanges,
  Callback,
  CallbackQuery,
  FeedbackReport,
  Lease,
  NewHold,
  Package,
  PollQuery,
  Principal,
  Recalled,
  RecallQuery,
  Release,
  ReserveOutcome,
  SweepOutcome,
  TakenTask,
  TaskRecord,
} from './records.ts';

/**
 * What the rest of the server may ask of the store; what the command line needs is in StoreAdmin. Every operation is one
 * atomic change, and its promise resolves only when that change is on the disk (invariant I7: acknowledged means durable).
 *
 * Times are passed in. Refusals that a client can cause are values; what is thrown is a fault of the store itself.
 */
export interface Store {
  /**
   * Called by the one process that serves, before it listens: what a dead one was running fails and costs
   * nothing, what waits for a worker goes on waiting. Returns how many tasks it repaired.
   */
  repair(now: number): Promise<number>;
  /** By the key's hash; revoked and expired keys are found too. */
  findPrincipal(keyHash: string): Promise<Principal | undefined>;
  /** What became of a request that was sent before with this key; `otherBody` as in reserve. */
  recall(request: RecallQuery): Promise<Recalled>;
  /** Inserts the task and holds its price, in one commit; lease 1. A request that was sent before makes none. */
  reserve(hold: NewHold): Promise<ReserveOutcome>;
  /**
   * Likewise, but may resolve while the commit is under way, so that work can begin. Nothing of the task may be
   * told to anybody before its settle has resolved to true: if this commit fails, settle finds no task. Not for a
   * hold with `idempotency`, since what that repeats has no settle of its own.
   */
  reserveEarly(hold: NewHold): Promise<ReserveOutcome>;
  /** The whole number of a task. */
  numberOfTask(task: { taskId: string; accountId: string }): Promise<number | undefined>;
  /**
   * Asked together with reserveEarly, and answered together with it: likewise it means nothing before the settle. Beside
   * any other hold it could be told of one that then fails, and would be another task's.
   */
  numberOfTaskEarly(task: { taskId: string; accountId: string }): Promise<number | undefined>;
  /** The id of a task by its number. */
  taskOfNumber(query: { number: number; accountId: string }): Promise<string | undefined>;
  /** Lends the queued task that is due first, of any account but these; undefined when none waits. */
  take(query: { now: number; busyAccounts: readonly string[] }): Promise<TakenTask | undefined>;
  /** Puts a task that was taken up back into the queue, as if it had not been; false when it has ended. */
  handBack(lease: Lease): Promise<boolean>;
  /** Puts back what was lent to this process and is not among these: the word of it was lost. Returns how many. */
  reclaim(known: readonly string[]): Promise<number>;
  /** Makes the task ready and charges it; false when its deadline has passed or somebody else ended it first. */
  settle(done: Lease & { solution: string; now: number }): Promise<boolean>;
  /** Makes the task failed and gives the hold back; false when somebody else ended it first. */
  release(done: Release): Promise<boolean>;
  /** Counts the poll. Undefined for an unknown, foreign, forgotten or over-polled task: all look alike. */
  poll(query: PollQuery): Promise<TaskRecord | undefined>;
  /** Which of these tasks are ready or failed; counts no poll. */
  endedAmong(taskIds: readonly string[]): Promise<string[]>;
  /** The last report stands; false when there is no such task of this account. */
  saveFeedback(report: FeedbackReport): Promise<boolean>;
  listPackages(accountId: string, now: number): Promise<Package[]>;
  readAccount(accountId: string): Promise<Account | undefined>;
  /** What has become of bans since a change, by its number; -1 asks for all. Some at a time. */
  banChanges(after: number): Promise<BanChanges>;
  saveBan(ban: Ban): Promise<void>;
  /** Fails and refunds tasks past their deadline, forgets results past their retention, in small batches. */
  sweep(now: number): Promise<SweepOutcome>;
  /** Lends the callback that is due first, of any host and key but these; undefined when none is. */
  takeCallback(query: CallbackQuery): Promise<Callback | undefined>;
  /** Ends an attempt: for good, or until `nextAt`. False when somebody else has begun another since. */
  endCallback(attempt: { taskId: string; attempts: number; nextAt: number | null }): Promise<boolean>;
  /**
   * Whether any task is under way, or with `results` has a result that its client may still ask for. Where several processes
   * share the books, without `ofOthers` only whether one of this process is under way.
   */
  isAnyStanding(now: number, which: { results: boolean; ofOthers: boolean }): Promise<boolean>;
  /** What time it is by a database that several processes share, in milliseconds; undefined for one in a file. */
  sharedTime(): Promise<number | undefined>;
  /** Writes and reads one row: the readiness probe. */
  probe(): Promise<void>;
  close(): Promise<void>;
}
