import type { Engine } from './engine.ts';
import { roundSize } from './operations/round.ts';
import type { NewHold, PollQuery, Store, TaskRecord } from './store.ts';

/** Some 50,000 results of usual size; what is forgotten is read from the database. */
const mostBytes = 32 * 1024 * 1024;
/** Of a result without its solution. */
const entryBytes = 500;

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
  /** Oldest first. */
  readonly #tasks = new Map<string, Fresh>();
  readonly #unsaved = new Set<string>();
  #bytes = 0;

  constructor(engine: Pick<Engine, 'call'>, most: number) {
    this.#engine = engine;
    this.#most = most;
  }

  add({ taskId, accountId, type, price, address, now, deadline, expiresAt }: NewHold): void {
    const hold = { accountId, type, price, address, now, deadline, expiresAt };
    this.#tasks.set(taskId, { hold, solution: null, endedAt: null, polls: 0 });
    this.#bytes += entryBytes;
    for (const taskId of this.#tasks.keys()) {
      if (this.#bytes <= this.#most) return;
      this.forget(taskId);
    }
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
    if (hold.accountId !== accountId || hold.expiresAt <= now) return undefined;
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
    for (const [taskId, { hold }] of this.#tasks) {
      if (hold.expiresAt > now) break;
      this.forget(taskId);
    }
    // In one operation they would keep everybody's money waiting. What is asked for meanwhile waits for the next time.
    for (let left = Math.ceil(this.#unsaved.size / roundSize); left > 0; left--) {
      const counts = this.#takeUnsaved();
      if (counts.length > 0) await this.#engine.call('savePolls', counts);
    }
  }

  /** The first of them, as they are counted now: what is forgotten before its turn is saved by itself. */
  #takeUnsaved(): { taskId: string; polls: number }[] {
    const counts: { taskId: string; polls: number }[] = [];
    for (const taskId of this.#unsaved) {
      this.#unsaved.delete(taskId);
      counts.push({ taskId, polls: this.#tasks.get(taskId)?.polls ?? 0 });
      if (counts.length === roundSize) break;
    }
    return counts;
  }
}
