/** More calls in one transaction would make the first of them wait too long for the last. */
const mostCalls = 32;

/** A new process does not know how far away its database is: each call asks it some five times. */
const firstCalls = 10;

/** Others wait for the same accounts, those of other servers too, and give up after a second. */
const longestMs = 100;

/** How many calls may share a transaction, by how long the last ones kept their accounts locked. */
export class GroupSize {
  #calls = firstCalls;

  get calls(): number {
    return this.#calls;
  }

  /** So many calls kept their accounts locked for so long. Few may be slow by chance: they tell less than they seem to. */
  learn(calls: number, heldMs: number): void {
    if (heldMs > longestMs) this.#calls = Math.max(1, this.#calls >> 1);
    else if (calls === this.#calls) this.#calls = Math.min(mostCalls, calls + 1);
  }
}
