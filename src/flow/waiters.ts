import type { Clock } from '../clock.ts';

/** Coarse on purpose: one timer serves all who wait, and runs only while somebody does. */
const tickMs = 100;

interface Waiting {
  until: number;
  end(): void;
}

/** Requests that stand until something happens to what they name, or until their time is over. */
export class Waiters {
  readonly #clock: Clock;
  readonly #named = new Map<string, Set<Waiting>>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  /** Resolves when the name is called, at `until`, when the signal aborts, or at the end of everything. */
  wait(name: string, until: number, signal: AbortSignal): Promise<void> {
    if (this.#isClosed || signal.aborted || until <= this.#clock.now()) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting: Waiting = {
        until,
        end: () => {
          signal.removeEventListener('abort', waiting.end);
          this.#forget(name, waiting);
          resolve();
        },
      };
      signal.addEventListener('abort', waiting.end);
      const beside = this.#named.get(name);
      if (beside === undefined) this.#named.set(name, new Set([waiting]));
      else beside.add(waiting);
      this.#timer ??= setInterval(() => this.#endOverdue(), tickMs).unref();
    });
  }

  /** Ends the waiting for this name. */
  call(name: string): void {
    for (const waiting of this.#named.get(name) ?? []) waiting.end();
  }

  /** Ends all waiting, now and from now on: a server that stops waits for nothing but work. */
  close(): void {
    this.#isClosed = true;
    for (const name of this.#named.keys()) this.call(name);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What is waited for. */
  get names(): string[] {
    return [...this.#named.keys()];
  }

  #forget(name: string, waiting: Waiting): void {
    const beside = this.#named.get(name);
    beside?.delete(waiting);
    if (beside?.size === 0) this.#named.delete(name);
    if (this.#named.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #endOverdue(): void {
    const now = this.#clock.now();
    for (const all of this.#named.values())
      for (const waiting of all) if (waiting.until <= now) waiting.end();
  }
}
