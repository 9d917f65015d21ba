/** Counts the tasks under way in this process, so that a stopping server can wait for them. */
export class Underway {
  #count = 0;
  #draining = false;
  readonly #idle = Promise.withResolvers<void>();

  get count(): number {
    return this.#count;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** The function returned says that the task has ended. */
  enter(): () => void {
    this.#count++;
    return () => {
      this.#count--;
      if (this.#count === 0 && this.#draining) this.#idle.resolve();
    };
  }

  /** From now on no task is to be begun; resolves when none is under way. */
  drain(): Promise<void> {
    this.#draining = true;
    if (this.#count === 0) this.#idle.resolve();
    return this.#idle.promise;
  }
}
