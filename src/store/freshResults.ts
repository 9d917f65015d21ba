import type { Engine } from './engine.ts';
import { roundSize } from './operations/round.ts';
import type { NewHold, PollQuery, TaskRecord } from './records.ts';
import type { Store } from './store.ts';

/** Some 50,000 results of usual size; what is forgotten is read from the database. */
const mostBytes = 32 * 1024 * 1024;
/** What a result takes in memory without its solution. */
const entryBytes = 500;
/** Ids of forgotten tasks that `#order` may hold, beside as many as there are tasks. */
const mostForgotten = 1_000;

interface Fresh {
  /** Without what polls need not know, which may be long. */
  hold: Pick<NewHold, 'accountId' | 'type' | 'price' | 'address' | 'now' | 'deadline' | 'expiresAt'>;
  /** Null while the task runs. */
  solution: string | null;
  endedAt: number | null;
  polls: number;
}

/**
 * A store that keeps results of tasks answered at once in memory, for the clients that ask for them again: a
 * poll then costs neither a commit nor the way to the store's thread. What has ended does not change, so that
 * only the polls must be counted; they are no money, and a kill may forget those of the last second.
 *
 * DANGER: only over an engine that this process has to itself, and that runs calls in the order of their asking:
 * a poll of what has been forgotten here must find its count saved.
 */
export function withFreshResults(store: Store, engine: Pick<Engine, 'call'>, most = mostBytes): Store {
  const fresh = new FreshResults(engine, most);
  return {
    ...store,
    async reserveEarly(hold) {
      const outcome = await store.reserveEarly(hold);
      if (outcome === 'held') fresh.add(hold);
      return outcome;
    },
    async settle(done) {
      const settled = await store.settle(done);
      if (settled) fresh.complete(done);
      else fresh.forget(done.taskId);
      return settled;
    },
    release(done) {
      fresh.forget(done.taskId);
      return store.release(done);
    },
    async poll(query) {
      const known = fresh.poll(query);
      return known === 'unknown' ? store.poll(query) : known;
    },
    async sweep(now) {
      // No money: what could not be counted lets a client ask more often.
      await fresh.save(now).catch(() => {});
      return store.sweep(now);
    },
    async close() {
      await fresh.save(0).catch(() => {});
      return store.close();
    },
  };
}

class FreshResults {
  readonly #engine: Pick<Engine, 'call'>;
  readonly #most: number;
  readonly #tasks = new Map<string, Fresh>();
  /** Ids, oldest first, from `#oldest` on; tasks that were forgotten out of turn are still among them. */
  #order: string[] = [];
  #oldest = 0;
  readonly #unsaved = new Set<string>();
  #bytes = 0;

  constructor(engine: Pick<Engine, 'call'>, most: number) {
    this.#engine = engine;
    this.#most = most;
  }

  add({ taskId, accountId, type, price, address, now, deadline, expiresAt }: NewHold): void {
    const hold = { accountId, type, price, address, now, deadline, expiresAt };
    // Failed tasks are forgotten out of turn, and would pile up behind a result that is kept for a year. The Map has the
    // same order without them.
    if (this.#order.length - this.#oldest > 2 * this.#tasks.size + mostForgotten) {
      this.#order = [...this.#tasks.keys()];
      this.#oldest = 0;
    }
    this.#tasks.set(taskId, { hold, solution: null, endedAt: null, polls: 0 });
    this.#order.push(taskId);
    this.#bytes += entryBytes;
    this.#forgetOldest(() => this.#bytes > this.#most);
  }

  /**
   * Not by the order of the Map itself: V8 leaves a hole where an entry was, and would go through those of the oldest
   * from the beginning each time, which took 10 to 50 us of every task as soon as the memory was full.
   */
  #forgetOldest(isDue: (task: Fresh) => boolean): void {
    while (this.#oldest < this.#order.length) {
      const taskId = this.#order[this.#oldest]!;
      const task = this.#tasks.get(taskId);
      if (task !== undefined && !isDue(task)) break;
      this.forget(taskId);
      this.#oldest++;
    }
    if (2 * this.#oldest <= this.#order.length) return;
    this.#order = this.#order.slice(this.#oldest);
    this.#oldest = 0;
  }

  complete({ taskId, solution, now }: { taskId: string; solution: string; now: number }): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    task.solution = solution;
    task.endedAt = now;
    this.#bytes += 2 * solution.length;
  }

  forget(taskId: string): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    if (this.#unsaved.delete(taskId))
      // Unsaved, it only lets a client ask more often.
      this.#engine.call('savePolls', [{ taskId, polls: task.polls }]).catch(() => {});
    this.#tasks.delete(taskId);
    this.#bytes -= entryBytes + 2 * (task.solution?.length ?? 0);
  }

  /** Counts a poll of a result that is here; `unknown` where the database must be asked. */
  poll({ taskId, accountId, now, maxPolls }: PollQuery): TaskRecord | undefined | 'unknown' {
    const task = this.#tasks.get(taskId);
    if (task === undefined || task.solution === null) return 'unknown';
    const { hold, solution, endedAt } = task;
    // Answered from here, somebody else's id would be told from one that nobody has by its time.
    if (hold.accountId !== accountId) return 'unknown';
    if (hold.expiresAt <= now) return undefined;
    if (maxPolls !== null) {
      if (task.polls >= maxPolls) return undefined;
      task.polls++;
      this.#unsaved.add(taskId);
    }
    const { price, address, now: createdAt } = hold;
    const ending = { state: 'ready', solution, errorCode: null, errorDetail: null } as const;
    return { price, address, createdAt, endedAt, polls: task.polls, ...ending };
  }

  /** Writes down the polls counted since the last time, and forgets what nobody may ask for any more. */
  async save(now: number): Promise<void> {
    this.#forgetOldest(({ hold }) => hold.expiresAt <= now);
    const unsaved = [...this.#unsaved];
    // In one operation they would keep everybody's money waiting. What is asked for meanwhile waits for the next time.
    for (let from = 0; from < unsaved.length; from += roundSize) {
      const counts = this.#taken(unsaved.slice(from, from + roundSize));
      if (counts.length > 0) await this.#engine.call('savePolls', counts);
    }
  }

  /** The counts as they are now; `forget` has saved those of tasks that were forgotten meanwhile. */
  #taken(unsaved: string[]): { taskId: string; polls: number }[] {
    return unsaved
      .filter((taskId) => this.#unsaved.delete(taskId))
      .map((taskId) => ({ taskId, polls: this.#tasks.get(taskId)?.polls ?? 0 }));
  }
}
