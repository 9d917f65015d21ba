import type { Store } from '../store/store.ts';

/** Ids in one call of the store: 50,000 kept its thread from everybody's money for 300 ms. */
const mostOfCall = 500;
const mostCalls = 8;

/** Asks which of many tasks have ended, a few hundred at a time; of more than 4,000 each look asks for the next 4,000. */
export class EndedInTurn {
  readonly #tasks: ReadonlyMap<string, unknown>;
  readonly #store: Pick<Store, 'endedAmong'>;
  /** Goes on where the last look has stopped; also over what is added and removed meanwhile. */
  #turn: Iterator<string> | undefined;
  #isLooking = false;

  constructor(tasks: ReadonlyMap<string, unknown>, store: Pick<Store, 'endedAmong'>) {
    this.#tasks = tasks;
    this.#store = store;
  }

  /** Calls `onEnd` for those that have ended. While the database is away, one look after the other. */
  async look(onEnd: (taskId: string) => void): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      for (let call = 0; call < mostCalls; call++) {
        const taskIds = this.#next();
        if (taskIds.length > 0) for (const taskId of await this.#store.endedAmong(taskIds)) onEnd(taskId);
        if (this.#turn === undefined) return;
      }
    } finally {
      this.#isLooking = false;
    }
  }

  #next(): string[] {
    this.#turn ??= this.#tasks.keys();
    const taskIds: string[] = [];
    while (taskIds.length < mostOfCall) {
      const { value, done } = this.#turn.next();
      if (done) {
        this.#turn = undefined;
        break;
      }
      taskIds.push(value);
    }
    return taskIds;
  }
}
