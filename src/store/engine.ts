import type { StoreCheck } from './admin.ts';
import type { Arguments, OperationName, Result } from './operations.ts';

/** What runs operations: SQLite in a thread of its own, or a pool of PostgreSQL connections. */
export interface Engine {
  /** Runs one operation atomically; resolves when what it wrote is durable. */
  call<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>>;
  /**
   * Likewise, but may resolve once the operation has run, while its commit is under way. A commit that
   * fails is told to nobody: only callers may ask so that go on to an operation which cannot succeed without this one.
   */
  early<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>>;
  /** Runs a long operation that only reads, beside the others and on one state of the books. */
  look<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>>;
  inspect(): Promise<StoreCheck[]>;
  walBytes(): Promise<number>;
  /** Ends after everything asked for has been answered. */
  close(): Promise<void>;
}

export interface EngineEvents {
  /** After each commit that wrote something. */
  committed(commit: { operations: number }): void;
  /** The store can promise nothing any more: the process must end, and not with success. */
  fatal(error: Error): void;
}

interface StoreErrorDetail {
  isAway?: boolean;
  isSent?: boolean;
  cause?: unknown;
}

/** A failure of the store itself; its cause is for the log. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The engine's own code: `SQLITE_FULL`, `57P01`, `ECONNREFUSED`, … */
  readonly code: string;
  /** What the message says after the code. */
  readonly reason: string;
  /** The database cannot be reached: what was asked may be asked again soon. */
  readonly isAway: boolean;
  /** It may have been done all the same, since it had been sent. */
  readonly isSent: boolean;

  constructor(
    code: string,
    message: string,
    { isAway = false, isSent = false, cause }: StoreErrorDetail = {},
  ) {
    super(`${code}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = message;
    this.isAway = isAway;
    this.isSent = isSent;
  }
}

/** Whether the store could not be reached. */
export function isAway(error: unknown): boolean {
  return error instanceof StoreError && error.isAway;
}

/** Whether the store was lost while it was at what it was asked, which may have been done. */
export function isInDoubt(error: unknown): boolean {
  return error instanceof StoreError && error.isSent;
}

/** PostgreSQL's word for a lock that could not be had in time. */
export const lockNotAvailable = '55P03';

/** Whether PostgreSQL has given up a statement, or a lock, that took too long; what it belonged to has not been done. */
export function tookTooLong(error: unknown): boolean {
  return ['57014', lockNotAvailable].includes((error as { code?: string }).code ?? '');
}

/** Codes for the rows that an operation is about: of SQLite, of PostgreSQL (data, integrity, a trigger), of our own code. */
const ofRows = /^(SQLITE_(CONSTRAINT|MISMATCH)|2[23]|P0001$|ERROR$)/;

/** Whether the rows that an operation is about are why it failed, and not the database: what is about others may pass. */
export function isOfRows(error: unknown): boolean {
  return error instanceof StoreError && !error.isAway && ofRows.test(error.code);
}

export function storeErrorOf(error: unknown, options: Omit<StoreErrorDetail, 'cause'> = {}): StoreError {
  if (error instanceof StoreError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return new StoreError(typeof code === 'string' ? code : 'ERROR', String(message ?? error), {
    ...options,
    cause: error,
  });
}
