import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { EndedInTurn } from './endedInTurn.ts';

/** Coarse on purpose: one timer serves all who wait, and runs only while somebody does. */
const tickMs = 100;
/** What ended in another process, or by the sweep, wakes nobody here: it is found by looking. */
const ticksBetweenLooks = 10;

interface WaitersParts {
  clock: Clock;
  store: Pick<Store, 'endedAmong'>;
}

interface Waiting {
  /** By `Clock.elapsed`. */
  until: number;
  end(): void;
}

/** Requests that stand until a task ends, or until their time is over. */
export class Waiters {
  readonly #clock: Clock;
  readonly #store: WaitersParts['store'];
  readonly #tasks = new Map<string, Set<Waiting>>();
  readonly #ended: EndedInTurn;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  #isClosed = false;

  constructor({ clock, store }: WaitersParts) {
    this.#clock = clock;
    this.#store = store;
    this.#ended = new EndedInTurn(this.#tasks, store);
  }

  /** Resolves when the task ends, after `ms`, when the signal aborts, or at the end of everything. */
  wait(taskId: string, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isClosed || signal.aborted || ms <= 0) return Promise.resolve();
    const until = this.#clock.elapsed() + ms;
    return new Promise((resolve) => {
      const waiting: Waiting = {
        until,
        end: () => {
          signal.removeEventListener('abort', waiting.end);
          this.#forget(taskId, waiting);
          resolve();
        },
      };
      signal.addEventListener('abort', waiting.end);
      const others = this.#tasks.get(taskId);
      if (others === undefined) this.#tasks.set(taskId, new Set([waiting]));
      else others.add(waiting);
      this.#timer ??= setInterval(() => this.#tick(), tickMs).unref();
    });
  }

  /** Ends the waiting for a task that has ended. */
  wake(taskId: string): void {
    for (const waiting of this.#tasks.get(taskId) ?? []) waiting.end();
  }

  /** Ends all waiting, now and from now on: a server that stops waits for nothing but work. */
  close(): void {
    this.#isClosed = true;
    for (const taskId of this.#tasks.keys()) this.wake(taskId);
  }

  /** Ends the waiting for a task if that has ended, wherever that was. */
  async look(taskId: string): Promise<void> {
    // A store that is away is told of wherever it is needed; here it only makes the waiting longer.
    const ended = await this.#store.endedAmong([taskId]).catch(() => []);
    if (ended.length > 0) this.wake(taskId);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  #forget(taskId: string, waiting: Waiting): void {
    const others = this.#tasks.get(taskId);
    others?.delete(waiting);
    if (others?.size === 0) this.#tasks.delete(taskId);
    if (this.#tasks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    if (++this.#ticks % ticksBetweenLooks === 0)
      this.#ended.look((taskId) => this.wake(taskId)).catch(() => {});
    const now = this.#clock.elapsed();
    for (const all of this.#tasks.values())
      for (const waiting of all) if (waiting.until <= now) waiting.end();
  }
}
