/**
 * What waits for a thread, in turn: next is something of the account that has had the threads for the least time. Turns
 * alone would not be fair, since a range of one proof may take 20 times as long as one of another.
 */
export class Turns<Item extends { account: unknown }> {
  #line: Item[] = [];
  /** Milliseconds by account, of those that have something here. */
  readonly #used = new Map<unknown, number>();

  get length(): number {
    return this.#line.length;
  }

  /** A newcomer has no time to catch up on: it begins as if it had had as much as the one that had least. */
  add(item: Item): void {
    if (!this.#used.has(item.account)) {
      const least = Math.min(...this.#used.values());
      this.#used.set(item.account, Number.isFinite(least) ? least : 0);
    }
    this.#line.push(item);
  }

  /** Whether it was there. */
  remove(item: Item): boolean {
    const index = this.#line.indexOf(item);
    if (index < 0) return false;
    this.#line.splice(index, 1);
    if (!this.#line.some(({ account }) => account === item.account)) this.#used.delete(item.account);
    return true;
  }

  /** The next of those that are ready. */
  first(isReady: (item: Item) => boolean): Item | undefined {
    let first: Item | undefined;
    for (const item of this.#line) {
      if (!isReady(item)) continue;
      if (first === undefined || this.#usedBy(item) < this.#usedBy(first)) first = item;
    }
    return first;
  }

  /** Likewise; it goes to the end of its account's own line. */
  next(isReady: (item: Item) => boolean): Item | undefined {
    const next = this.first(isReady);
    if (next !== undefined) {
      this.#line.splice(this.#line.indexOf(next), 1);
      this.#line.push(next);
    }
    return next;
  }

  charge(item: Item, ms: number): void {
    const used = this.#used.get(item.account);
    if (used !== undefined) this.#used.set(item.account, used + ms);
  }

  [Symbol.iterator](): IterableIterator<Item> {
    return [...this.#line].values();
  }

  #usedBy({ account }: Item): number {
    return this.#used.get(account) ?? 0;
  }
}
