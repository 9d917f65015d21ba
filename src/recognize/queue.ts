import { Fault } from '../fault.ts';

/** What the queue must know of a waiting image. */
export interface Waiting {
  /** What goes through a net together: the same kind of work, on inputs of one shape. */
  company: string;
  /** Milliseconds since 1970. */
  deadline: number;
  signal: AbortSignal;
  /** Whether it goes through by itself: it is large, no net takes several, or one of its batch has killed a thread. */
  alone: boolean;
}

/** Images that wait for a thread, oldest first; never more than `limit`. */
export class WorkQueue<Entry extends Waiting> {
  readonly #limit: number;
  #entries: Entry[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#entries.length;
  }

  /**
   * Refuses at once when full: a client that is told so can go elsewhere or come back.
   * @throws Fault ERROR_SERVICE_UNAVALIABLE, with the time after which a retry may succeed
   */
  add(entry: Entry, retryAfterMs: number): void {
    if (this.#entries.length >= this.#limit) {
      const detail = 'too many images are waiting';
      throw new Fault('ERROR_SERVICE_UNAVALIABLE', { detail, retryAfterMs });
    }
    this.#entries.push(entry);
  }

  /** Puts images back in front of all others, after the thread that had them died. */
  putBack(entries: Entry[]): void {
    this.#entries.unshift(...entries);
  }

  /** The oldest image and what waits of its company, at most `most`: nothing waits for a batch to fill. */
  take(most: number): Entry[] {
    const oldest = this.#entries[0];
    if (!oldest) return [];
    const batch = oldest.alone
      ? [oldest]
      : this.#entries.filter((entry) => entry.company === oldest.company && !entry.alone).slice(0, most);
    const taken = new Set(batch);
    this.#entries = this.#entries.filter((entry) => !taken.has(entry));
    return batch;
  }

  /** Takes out all that match. */
  remove(matches: (entry: Entry) => boolean): Entry[] {
    const removed = this.#entries.filter(matches);
    if (removed.length > 0) this.#entries = this.#entries.filter((entry) => !matches(entry));
    return removed;
  }
}
