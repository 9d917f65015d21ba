import { isOfRows } from './engine.ts';
import type { OpenTask } from './operations/round.ts';

/** A task that cannot be ended, and why: its hold is not what its account has of it, or the like. */
export interface UnendedTask extends OpenTask {
  error: unknown;
}

/** For so long each is left alone: the log is told of every attempt, and who has put the books right waits for the next. */
const leftAloneMs = 60_000;

/** A round that ends many tasks in one transaction. */
interface Together {
  /** Does it without those; returns whether another may find more. */
  round(except: readonly string[]): Promise<boolean>;
  /** What it would end. */
  tasks(except: readonly string[]): Promise<OpenTask[]>;
  /** Ends one of them in a transaction of its own. */
  alone(task: OpenTask): Promise<void>;
}

/** Keeps tasks that cannot be ended from keeping others waiting: found once, they are left alone for a minute. */
export class UnendedTasks {
  readonly #tell: (task: UnendedTask) => void;
  /** When each was tried last. */
  readonly #triedAt = new Map<string, number>();

  constructor(tell: (task: UnendedTask) => void = () => {}) {
    this.#tell = tell;
  }

  /** Ids of those that are left alone now. */
  at(now: number): string[] {
    for (const [taskId, at] of this.#triedAt)
      if (Math.abs(now - at) >= leftAloneMs) this.#triedAt.delete(taskId);
    return [...this.#triedAt.keys()];
  }

  /**
   * Does a round, and where its rows are why it fails each of its tasks by itself, so that only those fail that are to
   * blame; returns whether another may find more.
   */
  async pass(now: number, { round, tasks, alone }: Together): Promise<boolean> {
    const except = this.at(now);
    try {
      return await round(except);
    } catch (error) {
      if (!isOfRows(error)) throw error;
      const each = await tasks(except);
      // What fails is then none of them.
      if (each.length === 0) throw error;
      for (const task of each) await alone(task).catch((error: unknown) => this.#leave(task, error, now));
      return true;
    }
  }

  #leave(task: OpenTask, error: unknown, now: number): void {
    if (!isOfRows(error)) throw error;
    this.#triedAt.set(task.taskId, now);
    this.#tell({ ...task, error });
  }
}
