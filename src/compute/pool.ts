import { Worker } from 'node:worker_threads';
import { Fault } from '../fault.ts';
import type { Found, Proof } from '../proof.ts';
import { threadBeside } from '../threadBeside.ts';
import { memoryOf, memoryToSpare } from './memory.ts';
import type { FromThread, ToThread } from './thread.ts';
import { Turns } from './turns.ts';

interface PoolOptions {
  threads: number;
  /** Starts a thread; tests put another in its place. */
  startThread?: () => Worker;
  /** Told why a thread ended that nobody had stopped; another takes its place. */
  onThreadEnd?: (reason: unknown) => void;
  /** How long a thread may go on with its range when the pool stops. */
  lingerMs?: number;
  /** Bytes that the keys of all threads may take together. */
  memory?: number;
}

interface SearchOptions {
  /** Aborted at the deadline, or when nobody waits any more. */
  signal: AbortSignal;
  /** Whose turn it takes; without one it is nobody else's. */
  accountId?: string | undefined;
  /** First counter, and the one behind the last. */
  from?: number;
  to?: number;
}

interface Search {
  account: unknown;
  proof: Proof;
  /** Bytes that a thread at it takes. */
  memory: number;
  next: number;
  to: number;
  /** Ranges that were lost with their thread, and how often that happened. */
  lost: Range[];
  deaths: number;
  /** How many threads are at it. */
  active: number;
  chunk: number;
  resolve(found: Found | undefined): void;
  reject(reason: unknown): void;
}

type Range = { from: number; to: number };

interface Thread {
  worker: Worker;
  at: { search: Search; range: Range } | undefined;
}

/** A range takes about so long: short enough to stop soon and to share the threads, long enough to be worth a message. */
const rangeMs = 25;
/** Of counters, before anything is known: one key of a slow function may take a second. */
const firstChunk = { digits: 64, derivation: 1 };
const mostChunk = 1 << 24;
const mostDeaths = 2;
const restartMs = 1_000;
const usualLingerMs = 1_000;

const startSearchThread = () => new Worker(threadBeside(import.meta.url));

/**
 * Looks for counters on threads of its own. A search is cut into short ranges that idle threads take in turn, so
 * that all threads share one search, all accounts share the threads, and stopping is not handing out the next.
 */
export class SearchPool {
  readonly #options: Required<PoolOptions>;
  readonly #threads = new Set<Thread>();
  readonly #line = new Turns<Search>();
  #started = false;
  #stopping = false;

  constructor(options: PoolOptions) {
    this.#options = {
      startThread: startSearchThread,
      onThreadEnd() {},
      lingerMs: usualLingerMs,
      memory: memoryToSpare(),
      ...options,
    };
  }

  get load(): { searches: number; busy: number; threads: number } {
    const busy = [...this.#threads].filter(({ at }) => at !== undefined).length;
    return { searches: this.#line.length, busy, threads: this.#threads.size };
  }

  /**
   * The first answer that a thread finds; undefined when there is none before `to`.
   * @throws the signal's reason; Fault ERROR_CAPTCHA_UNSOLVABLE for a key that needs more memory than there is to spare,
   * ERROR_SERVICE_UNAVALIABLE when threads die of it
   */
  search(
    proof: Proof,
    { signal, accountId, from = 0, to = Number.MAX_SAFE_INTEGER }: SearchOptions,
  ): Promise<Found | undefined> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#stopping) throw stopping();
      if (from >= to) return resolve(undefined);
      const memory = memoryOf(proof);
      if (memory > this.#options.memory) throw tooLarge();
      const leave = () => this.#end(search, () => reject(signal.reason));
      const search: Search = {
        account: accountId ?? Symbol(),
        proof,
        memory,
        next: from,
        to,
        lost: [],
        deaths: 0,
        active: 0,
        chunk: firstChunk[proof.kind],
        resolve(found) {
          signal.removeEventListener('abort', leave);
          resolve(found);
        },
        reject(reason) {
          signal.removeEventListener('abort', leave);
          reject(reason);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#line.add(search);
      if (!this.#started) this.#fill();
      this.#dispatch();
    });
  }

  /**
   * Refuses what is under way and ends the threads; each may finish the range that it is at, if that takes no longer
   * than a moment. No onnxruntime is in these threads: they may be stopped by force.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const search of this.#line) this.#end(search, () => search.reject(stopping()));
    await Promise.all(
      Array.from(this.#threads, async ({ worker }) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        worker.postMessage({ kind: 'stop' } satisfies ToThread);
        const timer = setTimeout(() => void worker.terminate(), this.#options.lingerMs);
        await ended;
        clearTimeout(timer);
      }),
    );
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.at !== undefined) continue;
      const search = this.#line.next(this.#mayBegin());
      if (search === undefined) return;
      const range = search.lost.pop() ?? nextRange(search);
      search.active++;
      thread.at = { search, range };
      thread.worker.postMessage({ kind: 'search', proof: search.proof, ...range } satisfies ToThread);
    }
  }

  /**
   * Which searches a thread may be given now. While there is no room for the one whose turn it is, no other takes memory: one
   * key ends while another begins, and there never would be room. But where its own account has the room, that has its turn,
   * and leaves the others the rest.
   */
  #mayBegin(): (search: Search) => boolean {
    const due = this.#line.first(hasRanges);
    if (due === undefined || this.#hasRoomFor(due))
      return (search) => hasRanges(search) && this.#hasRoomFor(search);
    const isOthers = ({ account }: Search) => account !== due.account;
    const isAtWork = this.#hasRoomFor(due, isOthers);
    const mayTake = (search: Search) => isAtWork && isOthers(search) && this.#hasRoomFor(search);
    return (search) => hasRanges(search) && (search.memory === 0 || mayTake(search));
  }

  /** Beside what is at the threads, or those of it that are counted. */
  #hasRoomFor({ memory }: Search, isCounted = (_: Search) => true): boolean {
    if (memory === 0) return true;
    let taken = 0;
    for (const { at } of this.#threads) if (at && isCounted(at.search)) taken += at.search.memory;
    return taken + memory <= this.#options.memory;
  }

  #receive(thread: Thread, message: FromThread): void {
    if (thread.at === undefined) return;
    const { search, range } = thread.at;
    thread.at = undefined;
    search.active--;
    if ('failed' in message) this.#end(search, () => search.reject(failed(message.failed)));
    else {
      this.#line.charge(search, message.ms);
      this.#proceed(search, range, message);
    }
    this.#dispatch();
  }

  #proceed(search: Search, range: Range, { found, ms }: { found: Found | undefined; ms: number }): void {
    const ideal = ((range.to - range.from) * rangeMs) / Math.max(ms, 0.1);
    search.chunk = Math.round(Math.min(Math.max(ideal, 1), search.chunk * 8, mostChunk));
    const isOver = search.next >= search.to && search.active === 0 && search.lost.length === 0;
    if (found !== undefined || isOver) this.#end(search, () => search.resolve(found));
  }

  #end(search: Search, answer: () => void): void {
    if (this.#line.remove(search)) answer();
  }

  /**
   * Starts the threads that are missing, each when the one before it runs: together they would take the cores from the
   * event loop. The first search begins it: a thread takes 12 MB, and most servers never compute a proof.
   */
  #fill(): void {
    this.#started = true;
    if (this.#stopping || this.#threads.size >= this.#options.threads) return;
    try {
      this.#startThread();
    } catch (error) {
      // Where no more threads may be made, `new Worker` throws.
      this.#options.onThreadEnd(error);
      this.#fillLater();
    }
  }

  #fillLater(): void {
    setTimeout(() => this.#fill(), restartMs).unref();
  }

  #startThread(): void {
    const thread: Thread = { worker: this.#options.startThread(), at: undefined };
    this.#threads.add(thread);
    thread.worker.once('online', () => {
      this.#fill();
      this.#dispatch();
    });
    let reason: unknown = 'the thread ended';
    thread.worker.on('message', (message: FromThread) => this.#receive(thread, message));
    thread.worker.on('error', (error) => {
      reason = error;
    });
    thread.worker.once('exit', () => {
      this.#threads.delete(thread);
      this.#salvage(thread, reason);
      if (this.#stopping) return;
      this.#options.onThreadEnd(reason);
      this.#fillLater();
    });
  }

  /** The range that a thread died at is looked through once more, and then never again: it may be the reason. */
  #salvage({ at }: Thread, cause: unknown): void {
    if (at === undefined) return;
    const { search, range } = at;
    search.active--;
    search.deaths++;
    search.lost.push(range);
    if (search.deaths >= mostDeaths) this.#end(search, () => search.reject(failed(cause)));
    this.#dispatch();
  }
}

function hasRanges({ lost, next, to }: Search): boolean {
  return lost.length > 0 || next < to;
}

function nextRange(search: Search): Range {
  const from = search.next;
  search.next = Math.min(from + search.chunk, search.to);
  return { from, to: search.next };
}

function failed(cause: unknown): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail: 'the search failed', cause });
}

/** As what asks for more than any key is given (src/tasks/altchaKey.ts): no server of this size ever begins it. */
function tooLarge(): Fault {
  const detail = 'task.challenge: asks for more memory by key than this server has to give';
  return new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail });
}

function stopping(): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail: 'the server is stopping' });
}
