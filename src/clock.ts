/** The time, passed in wherever deadlines, windows or retention are judged, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Milliseconds since some start, for what lasts: `now` is set back when somebody corrects the machine's time. */
  elapsed(): number;
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

/** How far the clocks of several servers on one database may differ. */
export const skewMs = 60_000;

/** The share by which time may run faster or slower while it is brought to where it should be. */
const slew = 0.1;
/** After a longer silence about where it should be, time is moved no further than after so long a one. */
const longestMs = 10_000;

/**
 * A time that never jumps. Somebody who corrects the machine's would else time out every task under way, or hold its money
 * for as long as that was set back.
 */
export class SteadyClock implements Clock {
  readonly #base: Clock;
  /** Milliseconds from `elapsed` to the time. */
  #offset = 0;
  #steeredAt = 0;
  #looks = 0;

  constructor(base: Clock) {
    this.#base = base;
    this.set(base.now());
  }

  now(): number {
    this.#looks++;
    return Math.floor(this.#base.elapsed() + this.#offset);
  }

  elapsed(): number {
    return this.#base.elapsed();
  }

  /** How often `now` has been asked. */
  get looks(): number {
    return this.#looks;
  }

  /** At once, while nothing is under way. */
  set(time: number): void {
    this.#steeredAt = this.#base.elapsed();
    this.#offset = time - this.#steeredAt;
  }

  /**
   * Goes towards `time`, which is known to so many milliseconds, as far as may be since the last call; returns the
   * milliseconds by which it was certainly behind.
   */
  steer(time: number, within = 0): number {
    const elapsed = this.#base.elapsed();
    const off = time - (elapsed + this.#offset);
    const behind = Math.sign(off) * Math.max(0, Math.abs(off) - within);
    const most = slew * Math.min(elapsed - this.#steeredAt, longestMs);
    this.#offset += Math.max(-most, Math.min(most, behind));
    this.#steeredAt = elapsed;
    return behind;
  }
}
