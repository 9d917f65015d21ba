/** How long somebody waits for an answer, and in whose turn. */
export interface Patience {
  /** Milliseconds since 1970; past it the answer is dropped. */
  deadline: number;
  /** Aborted when the client has gone: an image that nobody waits for is not looked at. */
  signal: AbortSignal;
  /** Whose turn it takes where many wait. */
  accountId?: string | undefined;
}
