import type { ErrorCode } from './schema.ts';

/** What can go wrong on this side: no answer, an answer that is not the contract's, too late, a forged message. */
export type ClientErrorCode = 'NO_ANSWER' | 'UNREADABLE_ANSWER' | 'TIMEOUT' | 'WEBHOOK_REFUSED';

export interface ErrorDetail {
  taskId?: string | undefined;
  requestId?: string | undefined;
  /** Milliseconds until trying again can help, as the server says. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** Everything that this package throws, except the reason of an aborted signal. */
export class LegibleError extends Error {
  override readonly name = 'LegibleError';
  readonly code: ErrorCode | ClientErrorCode;
  readonly taskId: string | undefined;
  /** Stands in the server's log too. */
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode | ClientErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.taskId = detail.taskId;
    this.requestId = detail.requestId;
    this.retryAfterMs = detail.retryAfterMs;
  }

  /** The same error, told of a task. */
  of(taskId: string): LegibleError {
    const { code, message, requestId, retryAfterMs, cause } = this;
    return new LegibleError(code, message, { taskId, requestId, retryAfterMs, cause });
  }
}
