const bucketMs = 5_000;

/** Buckets that never count less than the last 60 s hold: a limit checked against them is never exceeded in any window. */
export const neverLess = 13;
/** Buckets that never count more: nobody is banned for errors older than 60 s. */
export const neverMore = 12;

/**
 * Counts events of the last minute in buckets of 5 s. A fixed window, two weighted cells and GCRA all let nearly
 * twice the limit pass at a window's edge (measured: 119 and 120 at a limit of 60).
 */
export class SlidingWindow {
  readonly #counts: number[];
  #latest = 0;
  #sum = 0;

  constructor(buckets: typeof neverLess | typeof neverMore) {
    this.#counts = new Array<number>(buckets).fill(0);
  }

  count(now: number): number {
    this.#advance(now);
    return this.#sum;
  }

  add(now: number): void {
    this.#advance(now);
    const at = this.#latest % this.#counts.length;
    this.#counts[at] = this.#counts[at]! + 1;
    this.#sum++;
  }

  /** Milliseconds until the oldest counted event no longer counts. */
  msUntilFewer(now: number): number {
    this.#advance(now);
    const size = this.#counts.length;
    for (let age = size - 1; age >= 0; age--) {
      const bucket = this.#latest - age;
      if (bucket >= 0 && this.#counts[bucket % size]! > 0) return (bucket + size) * bucketMs - now;
    }
    return 0;
  }

  #advance(now: number): void {
    const bucket = Math.floor(now / bucketMs);
    const size = this.#counts.length;
    // A clock stepped back a little counts on in the latest bucket; stepped back further, the window starts
    // anew instead of freezing: off by one window at most either way.
    if (bucket <= this.#latest && bucket > this.#latest - size) return;
    if (bucket >= this.#latest + size || bucket < this.#latest) {
      this.#counts.fill(0);
      this.#sum = 0;
      this.#latest = bucket;
      return;
    }
    while (this.#latest < bucket) {
      this.#latest++;
      const at = this.#latest % size;
      this.#sum -= this.#counts[at]!;
      this.#counts[at] = 0;
    }
  }
}
