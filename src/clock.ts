/** The time, passed in wherever deadlines, windows or retention are judged, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Milliseconds since some start, for what lasts: `now` is set back when somebody corrects the machine's time. */
  elapsed(): number;
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };
