/** How many things are under way under each name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }

  remove(name: string): void {
    const left = this.of(name) - 1;
    if (left > 0) this.#counts.set(name, left);
    else this.#counts.delete(name);
  }

  /** The names that have so many, or more. */
  atLeast(count: number): string[] {
    return [...this.#counts].filter(([, own]) => own >= count).map(([name]) => name);
  }
}
