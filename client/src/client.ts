import { Batch, type BatchOptions, type Outcome } from './batch.ts';
import { LegibleError } from './error.ts';
import { Gate, Measure } from './gate.ts';
import { type Clock, deadline, systemClock } from './pause.ts';
import { base64, type SolutionOf, type Solved, type Task } from './task.ts';
import { Transport } from './transport.ts';

export interface Options {
  /** Where the server answers; `http://127.0.0.1:7878` without it. */
  baseUrl?: string;
  key: string;
  /** How often a call is sent again that may be: 4 without it. */
  retries?: number;
  /**
   * How many tasks that are waited for are under way at once: 200 without it, as many as a key has; fewer while the server
   * refuses some. One that is only created counts until then, and `solveAll` sends no more of them in a call.
   */
  concurrency?: number;
  /** Milliseconds that one request may take: 130,000 without it, since a task may take 120 s. */
  requestMs?: number;
  /** Seconds that the server is asked to hold a poll open: 30 without it, 0 for plain polling. */
  waitSeconds?: number;
  fetch?: typeof fetch;
  clock?: Clock;
  /** From 0 to 1; spreads retries. */
  random?: () => number;
  /** Makes the keys by which a repeated createTask is known. */
  newId?: () => string;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface CreateOptions extends CallOptions {
  callbackUrl?: string;
  /** By which the server knows a repetition; of one's own, where a task must survive a restart of the client. */
  idempotencyKey?: string;
}

export interface SolveOptions extends CreateOptions {
  /** Milliseconds until `TIMEOUT`, with those until there is a place for its task: 150,000 without it. */
  timeoutMs?: number;
}

/** What createTask answers; without `solution` it comes later. */
export interface Created<T extends Task = Task> {
  taskId: string;
  solution?: SolutionOf<T>;
}

export type Result<Solution> =
  | { status: 'processing'; taskId: string }
  | { status: 'ready'; taskId: string; solution: Solution };

export interface Balance {
  /** USD, without what is held for tasks under way. */
  balance: number;
  packages: {
    packageId: string;
    type: number;
    title: string;
    numberOfCalls: number;
    status: 0 | 1;
    token: string;
    /** Seconds since 1970, or 0. */
    expireTime: number;
  }[];
}

const firstPollMs = 500;
const slowestPollMs = 3_000;

/** A client of one server with one key. It keeps no connection, but how many tasks the key has room for: make one for all calls. */
export class Legible {
  readonly #transport: Transport;
  readonly #newId: () => string;
  readonly #waitSeconds: number;
  readonly #concurrency: number;

  constructor({ key, baseUrl = 'http://127.0.0.1:7878', ...options }: Options) {
    this.#newId = options.newId ?? randomId;
    this.#waitSeconds = options.waitSeconds ?? 30;
    this.#concurrency = options.concurrency ?? 200;
    const clock = options.clock ?? systemClock;
    this.#transport = new Transport({
      key,
      baseUrl: addressOf(baseUrl),
      fetch: options.fetch ?? ((...call) => fetch(...call)),
      clock,
      random: options.random ?? Math.random,
      retries: options.retries ?? 4,
      requestMs: options.requestMs ?? 130_000,
      gate: new Gate(new Measure(this.#concurrency), clock),
    });
  }

  /** Creates a task and waits for its solution, wherever that comes from. @throws LegibleError */
  async solve<const T extends Task>(task: T, options: SolveOptions = {}): Promise<Solved<T>> {
    const { timeoutMs = 150_000, signal } = options;
    const { signal: late, clear } = deadline(timeoutMs);
    const both = signal === undefined ? late : AbortSignal.any([signal, late]);
    let taskId: string | undefined;
    try {
      return await this.#create(task, { ...options, signal: both }, ({ taskId: id, solution }) => {
        taskId = id;
        return solution === undefined ? this.wait<T>(id, { signal: both }) : { taskId: id, solution };
      });
    } catch (error) {
      if (!late.aborted || signal?.aborted) throw error;
      throw new LegibleError('TIMEOUT', `not solved in ${timeoutMs} ms`, { taskId, cause: error });
    } finally {
      clear();
    }
  }

  /** Reads the text in an image: its bytes, or base64 of them. @throws LegibleError */
  async imageToText<
    const Fields extends Omit<Task & { type: 'ImageToTextTask' }, 'type' | 'body' | 'images'>,
  >(image: Uint8Array | string, fields?: Fields, options: SolveOptions = {}) {
    const body = typeof image === 'string' ? image : base64(image);
    return this.solve({ ...(fields as Fields), type: 'ImageToTextTask', body }, options);
  }

  /**
   * Solves many tasks, up to a hundred to a call; what comes back is in their order, and an error where a solution
   * would be. Rejects only for a signal that is aborted, and, when all have ended, with what `onProgress` has thrown.
   */
  async solveAll<const T extends readonly Task[]>(
    tasks: T,
    options: BatchOptions = {},
  ): Promise<{ -readonly [I in keyof T]: Outcome<T[I]> }> {
    const call = options.signal === undefined ? {} : { signal: options.signal };
    const batch = new Batch(tasks, {
      ...options,
      transport: this.#transport,
      concurrency: this.#concurrency,
      // Its tasks alone are known by the key and their line.
      newId: () => nameable(this.#newId(), longestKey - ' 99'.length),
      solve: (task, idempotencyKey) => this.solve(task, { ...call, idempotencyKey }),
      wait: (taskId) => this.wait(taskId, call),
    });
    return (await batch.solve()) as never;
  }

  /** Gives a task; a call that is repeated because its answer was lost is charged once. @throws LegibleError */
  async createTask<const T extends Task>(task: T, options: CreateOptions = {}): Promise<Created<T>> {
    return this.#create(task, options, (made) => made);
  }

  /** Creates a task, whose place is taken until `end` has come to its end. */
  async #create<T extends Task, Ended>(
    task: T,
    options: CreateOptions,
    end: (made: Created<T>) => Ended | Promise<Ended>,
  ): Promise<Ended> {
    const { callbackUrl, signal } = options;
    const call = {
      path: '/createTask',
      fields: { task, ...(callbackUrl === undefined ? {} : { callbackUrl }) },
      headers: { 'idempotency-key': nameable(options.idempotencyKey ?? this.#newId()) },
      signal,
    };
    const attempt = async () => {
      const { body } = await this.#transport.once<Created<T>>(call);
      const { solution } = body;
      // Other dialects have numbers.
      const taskId = String(body.taskId);
      return end(solution === undefined ? { taskId } : { taskId, solution });
    };
    return this.#transport.repeat(signal, attempt, this.#transport.parts.gate);
  }

  /** Where a task stands. @throws LegibleError, with the code that a failed task has ended with */
  async getTaskResult<T extends Task = Task>(
    taskId: string,
    options: CallOptions = {},
  ): Promise<Result<SolutionOf<T>>> {
    return (await this.#poll<T>(taskId, 0, options)).result;
  }

  /** Waits until a task has ended: the server holds the call open, or is asked again and again. @throws LegibleError */
  async wait<T extends Task = Task>(taskId: string, { signal }: CallOptions = {}): Promise<Solved<T>> {
    const { clock, requestMs } = this.#transport.parts;
    // A poll that is held open for longer than a request may take would be cut off each time.
    const seconds = Math.min(this.#waitSeconds, Math.floor(requestMs / 1000) - 1);
    try {
      for (let pause = firstPollMs; ; pause = Math.min(pause * 1.5, slowestPollMs)) {
        const asked = clock.now();
        const { result, waited } = await this.#poll<T>(taskId, seconds, signal ? { signal } : {});
        if (result.status === 'ready') return { taskId, solution: result.solution };
        // A server that stops says at once that it has waited.
        if (!waited || clock.now() - asked < pause) await clock.sleep(pause, signal);
      }
    } catch (error) {
      signal?.throwIfAborted();
      // The task may be solved, and charged, all the same: whoever knows its id can ask again.
      throw error instanceof LegibleError && error.taskId === undefined ? error.of(taskId) : error;
    }
  }

  async #poll<T extends Task>(taskId: string, seconds: number, { signal }: CallOptions) {
    const { body, headers } = await this.#transport.json<Result<SolutionOf<T>>>({
      path: '/getTaskResult',
      fields: { taskId },
      headers: seconds > 0 ? { prefer: `wait=${seconds}` } : {},
      signal,
    });
    const { status } = body;
    const result = status === 'ready' ? { status, taskId, solution: body.solution } : { status, taskId };
    const waited = /\bwait\b/.test(headers.get('preference-applied') ?? '');
    return { result: result as Result<SolutionOf<T>>, waited };
  }

  /** What the account can spend, and its packages. @throws LegibleError */
  async getBalance({ signal }: CallOptions = {}): Promise<Balance> {
    const { body } = await this.#transport.json<Balance>({ path: '/getBalance', fields: {}, signal });
    return { balance: body.balance, packages: body.packages };
  }

  /** Tells whether an answer was right; the last report stands. @throws LegibleError */
  async report(
    taskId: string,
    { invalid, code, message }: { invalid: boolean; code?: number; message?: string },
    { signal }: CallOptions = {},
  ): Promise<void> {
    const result = {
      invalid,
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
    };
    await this.#transport.json({ path: '/feedbackTask', fields: { taskId, result }, signal });
  }
}

/** What is wrong with it, fetch would tell as an answer that has not come. @throws TypeError without a password in it */
function addressOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TypeError(
      `baseUrl: ${baseUrl.replace(/^.*@/s, '…@').replace(/[?#].*$/s, '?…')} is no http address`,
    );
  const { username, password, search, hash, origin, pathname } = url;
  if (username || password || search || hash)
    throw new TypeError('baseUrl: takes no login, query or fragment');
  return (origin + pathname).replace(/\/+$/, '');
}

const longestKey = 255;

/** An Idempotency-Key that the server takes; others fetch refuses or cuts off at the ends. @throws TypeError */
function nameable(idempotencyKey: string, longest = longestKey): string {
  if (!/^[!-~]([ -~]*[!-~])?$/.test(idempotencyKey) || idempotencyKey.length > longest)
    throw new TypeError(`idempotencyKey: is not 1 to ${longest} printable ASCII characters`);
  return idempotencyKey;
}

/** 32 hex digits. `crypto.randomUUID` would not be there in a page that came by plain http. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
