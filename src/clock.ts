/** The time, passed in wherever deadlines, windows or retention are judged, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
