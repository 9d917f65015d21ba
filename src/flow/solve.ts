import type { Clock } from '../clock.ts';
import { Fault } from '../fault.ts';
import type { Engines } from '../tasks/task.ts';
import type { Answer, Held } from './stages.ts';
import { clientHasGone, serverIsStopping } from './unavailable.ts';

/** Coarse on purpose: one timer for all tasks costs nothing, and a deadline is two minutes. */
const tickMs = 100;

interface Waiting {
  deadline: number;
  controller: AbortController;
  reject(fault: Fault): void;
}

/** The step that lets a task type work, for as long as the client stays and the deadline allows. */
export class Solver {
  readonly #engines: Engines;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor({ engines, clock }: { engines: Engines; clock: Clock }) {
    this.#engines = engines;
    this.#clock = clock;
    this.#timer = setInterval(() => this.#endOverdue(), tickMs);
    this.#timer.unref();
  }

  /**
   * A client that has gone aborts the work; whether it still counts is for the engine to say: what was not begun
   * is dropped, what was begun is finished, paid and kept.
   * @throws Fault ERROR_TASK_TIMEOUT once the deadline has passed, whatever the engine does then
   */
  solve(held: Held, controller: AbortController): Promise<Answer> {
    const { type, input, deadline, accountId } = held;
    const { signal } = controller;
    if (signal.aborted) return Promise.reject(clientHasGone());
    if (this.#isOver) return Promise.reject(serverIsStopping());
    return new Promise<Answer>((resolve, reject) => {
      const waiting: Waiting = { deadline, controller, reject };
      this.#waiting.add(waiting);
      const solving = async () =>
        JSON.stringify(await type.solve(input, { engines: this.#engines, deadline, signal, accountId }));
      solving().then(
        (solution) => {
          this.#waiting.delete(waiting);
          resolve({ held, solution });
        },
        (error: unknown) => {
          this.#waiting.delete(waiting);
          // An engine that drops aborted work says no more than that it was aborted.
          const isGone = signal.aborted && error === signal.reason;
          reject(isGone ? clientHasGone() : error);
          // Whatever of it still runs has no deadline any more.
          controller.abort();
        },
      );
    });
  }

  /** Gives up every task under way, and takes up none: at the end of a drain, or where the store is lost. */
  abandonAll(): void {
    this.#isOver = true;
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      waiting.controller.abort();
      waiting.reject(serverIsStopping());
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #endOverdue(): void {
    const now = this.#clock.now();
    for (const waiting of this.#waiting) {
      if (waiting.deadline > now) continue;
      this.#waiting.delete(waiting);
      waiting.controller.abort();
      waiting.reject(timedOut());
    }
  }
}

/** A task unfinished at its deadline: it costs nothing, and may be sent again. */
export function timedOut(): Fault {
  return new Fault('ERROR_TASK_TIMEOUT');
}
