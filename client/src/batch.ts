import { LegibleError } from './error.ts';
import type { Solved, Task } from './task.ts';

/** A solution, or the error that stands in its place. */
export type Outcome<T extends Task = Task> =
  | (Solved<T> & { error?: undefined })
  | { taskId?: string | undefined; solution?: undefined; error: LegibleError };

export interface Progress {
  /** How many tasks have ended, this one included. */
  done: number;
  total: number;
  /** Which has ended just now. */
  index: number;
  outcome: Outcome;
}

export interface BatchOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** Keeps outcomes in the order of their tasks, and tells of each. */
export class Outcomes {
  readonly list: Outcome[];
  readonly #onProgress: BatchOptions['onProgress'];
  #done = 0;

  constructor(total: number, { onProgress }: BatchOptions) {
    this.list = new Array(total);
    this.#onProgress = onProgress;
  }

  /** Waits for a solution and keeps it, or its error; rejects with what is no LegibleError. */
  async keep(index: number, solving: Promise<Solved>): Promise<void> {
    const outcome = await solving.catch((error: unknown): Outcome => {
      if (!(error instanceof LegibleError)) throw error;
      return { taskId: error.taskId, error };
    });
    this.list[index] = outcome;
    this.#onProgress?.({ done: ++this.#done, total: this.list.length, index, outcome });
  }
}
