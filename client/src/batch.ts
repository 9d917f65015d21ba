import { LegibleError } from './error.ts';
import { Measure } from './gate.ts';
import type { ErrorCode } from './schema.ts';
import type { Solved, Task } from './task.ts';
import { isLimit, isRepeatable, refusalOf, type Transport } from './transport.ts';

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

export interface BatchParts extends BatchOptions {
  transport: Transport;
  /** As many of its tasks may be under way at once. */
  concurrency: number;
  newId: () => string;
  /** Creates one task under a name of its own, and waits for its solution. */
  solve(task: Task, idempotencyKey: string): Promise<Solved>;
  /** Waits for the solution of a task that was created. */
  wait(taskId: string): Promise<Solved>;
}

/** What a server takes in one call; its body has 6 MiB, unless configured otherwise. */
const mostTasks = 100;
const mostCharacters = 4_000_000;
const batchMs = 600_000;
/** Where they must be asked for one by one; a key has 200 in any case. */
const singlesAtOnce = 16;

/** Many tasks, as few calls: keeps outcomes in the order of their tasks, and tells of each. */
export class Batch {
  readonly outcomes: Outcome[];
  readonly #parts: BatchParts;
  readonly #tasks: readonly Task[];
  /** Of the next call: where a key has fewer places, the rest of a hundred is refused, and too many refusals are a ban. */
  readonly #measure: Measure;
  /** By kind of task, how the first was refused as all of them will be: sent all the same, the others would be a ban. */
  readonly #refusedKinds = new Map<string, LegibleError>();
  /** How whatever is sent will be refused. */
  #refusedAll: LegibleError | undefined;
  #done = 0;
  /** What `onProgress` has thrown first. */
  #thrown: { error: unknown } | undefined;

  constructor(tasks: readonly Task[], parts: BatchParts) {
    this.#tasks = tasks;
    this.#parts = parts;
    this.#measure = new Measure(Math.min(mostTasks, parts.concurrency));
    this.outcomes = new Array(tasks.length);
  }

  /** Rejects only with what is no LegibleError: the reason of the signal, or at the end what `onProgress` threw. */
  async solve(): Promise<Outcome[]> {
    for (const indexes of this.#calls()) await this.#solveCall(indexes);
    if (this.#thrown !== undefined) throw this.#thrown.error;
    return this.outcomes;
  }

  /** Indexes of the tasks by the call that carries them. */
  *#calls(): Generator<number[]> {
    let call: number[] = [];
    let characters = 0;
    for (const [index, task] of this.#tasks.entries()) {
      const { length } = JSON.stringify(task);
      if (call.length >= this.#measure.most || (call.length > 0 && characters + length > mostCharacters)) {
        yield call;
        call = [];
        characters = 0;
      }
      call.push(index);
      characters += length;
    }
    if (call.length > 0) yield call;
  }

  async #solveCall(given: number[]): Promise<void> {
    const indexes: number[] = [];
    for (const index of given) {
      const unsent = this.#leaveUnsent(index);
      if (unsent === undefined) indexes.push(index);
      else await unsent;
    }
    if (indexes.length === 0) return;
    const { transport, signal } = this.#parts;
    const key = this.#parts.newId();
    // As the server itself names them: whether a task is sent alone or with all of them again, it is one.
    const nameOf = (line: number) => `${key} ${line}`;
    const call = {
      path: '/createTasks',
      fields: { tasks: indexes.map((index) => this.#tasks[index]!) },
      headers: { accept: 'application/x-ndjson', 'idempotency-key': key },
      signal,
      requestMs: batchMs,
    };
    const ending: Promise<void>[] = [];
    const again: [number, number][] = [];
    let answered = 0;
    let isLimited = false;
    let failure: LegibleError | undefined;
    try {
      await transport.repeat(signal, async () => {
        // Sent again as a whole, it would do once more, and charge, what has been told to have failed.
        if (answered > 0) return;
        for await (const answer of transport.lines(call)) {
          const place = answered++;
          const index = indexes[place]!;
          const refusal = refusalForNow(answer);
          if (refusal !== undefined) {
            again.push([place, index]);
            isLimited ||= isLimit(refusal.code);
          } else ending.push(this.#keep(index, this.#end(answer)));
        }
        if (answered < indexes.length) throw new LegibleError('NO_ANSWER', 'the answer broke off');
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof LegibleError)) throw error;
      failure = error;
      if (ofAll.includes(error.code) || ofKinds.includes(error.code)) this.#refusedAll = error;
    }
    const left = [...indexes.entries()].slice(answered);
    if (failure === undefined || isForAll(failure, answered))
      await this.#solveSingly(left, nameOf, { mayBePaid: answered > 0 });
    else for (const [, index] of left) ending.push(this.#keep(index, Promise.reject(failure)));
    await Promise.all(ending);
    // Mostly the places of the key were taken, by those that have ended now: as many as there were are free again.
    const found = answered - again.length;
    const places = Math.min(Math.max(found, 1), singlesAtOnce);
    if (isLimited) this.#measure.shrink(found);
    else this.#measure.grow(found);
    await this.#solveSingly(again, nameOf, { atOnce: places });
  }

  async #solveSingly(
    lines: [number, number][],
    nameOf: (line: number) => string,
    { atOnce = singlesAtOnce, mayBePaid = false } = {},
  ): Promise<void> {
    const left = lines.values();
    const solveNext = async () => {
      for (const [line, index] of left) {
        // What an answer that broke off has not told may be done and charged, whatever became of those before it.
        const unsent = this.#leaveUnsent(index, { mayBePaid });
        await (unsent ?? this.#keep(index, this.#parts.solve(this.#tasks[index]!, nameOf(line))));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, solveNext));
  }

  /** Gives a task the refusal that it would meet; undefined where none is known. */
  #leaveUnsent(index: number, { mayBePaid = false } = {}): Promise<void> | undefined {
    const ofKind = mayBePaid ? undefined : this.#refusedKinds.get(kindOf(this.#tasks[index]!));
    const refusal = this.#refusedAll ?? ofKind;
    return refusal && this.#keep(index, Promise.reject(refusal));
  }

  /** What becomes of a task that was answered so. */
  async #end(answer: { errorId: number }): Promise<Solved> {
    if (answer.errorId !== 0) throw refusalOf(answer, new Headers());
    const { taskId, solution } = answer as unknown as Solved;
    return solution === undefined ? this.#parts.wait(taskId) : { taskId, solution };
  }

  #keep(index: number, solving: Promise<Solved>): Promise<void> {
    const kept = solving
      .catch((error: unknown): Outcome => {
        this.#parts.signal?.throwIfAborted();
        if (!(error instanceof LegibleError)) throw error;
        // With an id, it is the refusal of a poll, and tells nothing of what has not been sent.
        if (error.taskId === undefined) this.#learn(index, error);
        return { taskId: error.taskId, error };
      })
      .then((outcome) => {
        this.outcomes[index] = outcome;
        this.#tell({ done: ++this.#done, total: this.outcomes.length, index, outcome });
      });
    // It is looked at only when all lines have been read.
    kept.catch(() => {});
    return kept;
  }

  #learn(index: number, refusal: LegibleError): void {
    if (ofAll.includes(refusal.code)) this.#refusedAll = refusal;
    if (ofKinds.includes(refusal.code)) this.#refusedKinds.set(kindOf(this.#tasks[index]!), refusal);
  }

  /** A mistake of the listener's must not cut off the tasks that are under way, which are paid for. */
  #tell(progress: Progress): void {
    try {
      this.#parts.onProgress?.(progress);
    } catch (error) {
      this.#thrown ??= { error };
    }
  }
}

/** What only a person can change: what was refused so once will be again, and each time is a mistake of the address. */
const ofAll: readonly string[] = ['ERROR_IP_BANNED', 'ERROR_KEY_TEMP_BLOCKED'] satisfies ErrorCode[];
/** The same of one task: others may cost less, or be of a type that the key may have. Of a call it is all. */
const ofKinds: readonly string[] = ['ERROR_ZERO_BALANCE', 'ERROR_KEY_DENIED_ACCESS'] satisfies ErrorCode[];

/** Tasks of one kind have one price. */
function kindOf(task: Task): string {
  const { type, module = 'common' } = task as { type: string; module?: string };
  return `${type}/${module}`;
}

/**
 * Whether the tasks that have had no answer may yet get one by themselves: it has broken off, and some of them are done
 * and charged; or what was refused is the call: the server does not know it, or together they are too much for one.
 */
function isForAll({ code }: LegibleError, answered: number): boolean {
  if (answered > 0) return code === 'NO_ANSWER' || code === 'UNREADABLE_ANSWER';
  return code === 'ERROR_BAD_REQUEST' || code === 'ERROR_INVALID_TASK_DATA';
}

/** Undefined for an answer that stands. */
function refusalForNow(answer: { errorId: number }): LegibleError | undefined {
  if (answer.errorId === 0) return undefined;
  const refusal = refusalOf(answer, new Headers());
  return isRepeatable(refusal) ? refusal : undefined;
}
