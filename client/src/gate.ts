import type { Clock } from './pause.ts';

/** After a refusal no room is tried for so long: whoever tries is refused, and all wait until it has paused. */
const contentMs = 10_000;

/** How a task left that had entered: with a place at the server, without one, or nobody knows. */
export type Left = 'found' | 'refused' | 'unknown';

/** How many tasks may be under way at once, as far as refusals have told. */
export class Measure {
  readonly #highest: number;
  #most: number;

  constructor(highest: number) {
    // With none, all would wait for ever; and what is no number bounds nothing.
    this.#highest = highest >= 1 ? highest : 1;
    this.#most = this.#highest;
  }

  get most(): number {
    return Math.floor(this.#most);
  }

  /** So many found a place, and others none. */
  shrink(found: number): void {
    this.#most = Math.max(found, 1);
  }

  /** So many found a place. */
  grow(found: number): void {
    this.#most = Math.min(this.#most + found / 4, this.#highest);
  }
}

/** Lets in as many of a client's tasks as find a place: refused one by one, and sent again, they would be a ban. */
export class Gate {
  readonly #measure: Measure;
  /** Those that come again are first: at the end, where room is tried for, some would be refused until they give up. */
  readonly #again = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  /** Refused ones, too, until they have paused. */
  #within = 0;
  #refused = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;
  readonly #now: Clock['now'];

  constructor(measure: Measure, { now }: Pick<Clock, 'now'>) {
    this.#measure = measure;
    this.#now = now;
  }

  /** Rejects with the signal's reason. What has entered must leave. */
  async enter(signal: AbortSignal | undefined, { again }: { again: boolean }): Promise<void> {
    signal?.throwIfAborted();
    const waiting = again ? this.#again : this.#waiting;
    const entered = new Promise<void>((resolve, reject) => {
      const stop = () => {
        waiting.delete(enter);
        reject(signal?.reason);
      };
      const enter = () => {
        signal?.removeEventListener('abort', stop);
        waiting.delete(enter);
        resolve();
      };
      signal?.addEventListener('abort', stop, { once: true });
      waiting.add(enter);
    });
    this.#letIn();
    return entered;
  }

  /** One that has entered found no place: nothing enters until it has left. */
  refuse(): void {
    this.#refused++;
    this.#refusedAt = this.#now();
    this.#measure.shrink(this.#within - this.#refused);
  }

  leave(how: Left): void {
    this.#within--;
    if (how === 'refused') this.#refused--;
    // What ends while others pause had its place before there was none, and tells of no new one.
    else if (how === 'found' && this.#refused === 0 && this.#now() - this.#refusedAt >= contentMs)
      this.#measure.grow(1);
    // Who comes again does so at once, and has to be there by then.
    queueMicrotask(() => this.#letIn());
  }

  #letIn(): void {
    for (const waiting of [this.#again, this.#waiting])
      for (const enter of waiting) {
        if (this.#refused > 0 || this.#within >= this.#measure.most) return;
        this.#within++;
        enter();
      }
  }
}
