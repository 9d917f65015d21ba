import type { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import { Fault } from '../fault.ts';
import type { Patience } from '../patience.ts';
import type { ReadOptions } from '../reading.ts';
import { type ModelCard, readModelCard } from './modelCard.ts';
import { textModel } from './modelFiles.ts';
import type { Clicks } from './puzzles/click.ts';
import type { Turn } from './puzzles/rotate.ts';
import type { Spot } from './puzzles/slide.ts';
import { tooMany, WorkQueue } from './queue.ts';
import {
  type Answer,
  answerOnce,
  type QueuedWork,
  recogniserUnavailable,
  strayAnswer,
  threadMs,
  weigh,
} from './queuedWork.ts';
import { startRecognitionThread, type Thread, type ThreadData } from './startThread.ts';
import type { FromThread, ToThread } from './thread.ts';
import { RecognitionThreads } from './threads.ts';
import type { Found, Item, Outcome, TimedReading, Work } from './work.ts';

interface PoolOptions {
  /** Recognition threads: one for each core that may be used. */
  threads: number;
  /** Images that may wait before new ones are refused, and what these may hold: 256 MiB where it is not said. */
  queueLimit: number;
  queueBytes?: number;
  clock: Clock;
  /** Path of the .onnx file. */
  model?: string;
  /** Starts a thread; tests put another in its place. */
  startThread?: (data: ThreadData) => Worker;
  /** Told why a thread ended that nobody had stopped; another takes its place. */
  onThreadEnd?: (reason: unknown) => void;
}

/** Eight first looks of 4 ms keep a thread for 32 ms; more would make the others wait. */
const LARGEST_BATCH = 8;
const MOST_ATTEMPTS = 2;
/** As long as the usual image takes, an image counts at most so many times: nobody is to wait for minutes. */
const MOST_ROUNDS = 200;
const SWEEP_MS = 50;

/** Looks at images on threads of its own, in micro-batches, with a bounded queue before them. */
export class RecognizerPool {
  readonly #options: Required<Omit<PoolOptions, 'queueBytes'>>;
  readonly #queue: WorkQueue<QueuedWork>;
  readonly #card: ModelCard;
  readonly #threads: RecognitionThreads;
  readonly #sweeper: NodeJS.Timeout;
  #stopping = false;
  /** Running mean of a thread's milliseconds for an image. */
  #imageMs = 15;

  private constructor(options: PoolOptions) {
    this.#options = { model: textModel, startThread: startRecognitionThread, onThreadEnd() {}, ...options };
    this.#card = readModelCard(this.#options.model);
    this.#queue = new WorkQueue(options.queueLimit, options.queueBytes);
    const { model, startThread, onThreadEnd } = this.#options;
    this.#threads = new RecognitionThreads({
      data: { model, card: this.#card },
      startThread,
      onThreadEnd,
      onReady: () => this.#dispatch(),
      onMessage: (thread, message) => this.#receive(thread, message),
      onGone: (thread, reason) => this.#salvage(thread, reason),
    });
    this.#sweeper = setInterval(() => this.expire(), SWEEP_MS);
    this.#sweeper.unref();
  }

  /**
   * Starts the threads and waits until each has loaded its model.
   * @throws UserError when the model or its card is missing or broken
   */
  static async start(options: PoolOptions): Promise<RecognizerPool> {
    const pool = new RecognizerPool(options);
    try {
      await Promise.all(Array.from({ length: options.threads }, () => pool.#threads.start()));
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return pool;
  }

  /** How busy it is: images waiting, images on threads, threads that are up. */
  get load(): { waiting: number; running: number; threads: number } {
    const threads = this.#threads.ready;
    const running = threads.reduce((sum, { batch }) => sum + batch.filter(Boolean).length, 0);
    return { waiting: this.#queue.length, running, threads: threads.length };
  }

  /**
   * Reads the text of one image, of a kind and size that imageParser lets pass.
   * @throws Fault ERROR_PARSE_IMAGE_FAIL, ERROR_TASK_TIMEOUT, ERROR_SERVICE_UNAVALIABLE (queue full)
   * @throws the signal's reason, when the client goes before its image is begun
   */
  async read(image: Uint8Array, options: ReadOptions): Promise<TimedReading> {
    const { deadline, signal, accountId, ...constraints } = options;
    const work: Work = { kind: 'text', ...constraints };
    const answer = await this.#run(work, [image], { deadline, signal, accountId });
    if (!('reading' in answer)) throw strayAnswer();
    return answer.reading;
  }

  /** Probability of each class that the model knows, in its order; throws as `read` does. */
  async classify(image: Uint8Array, patience: Patience): Promise<Float32Array> {
    return (await this.#find({ kind: 'classes' }, [image], patience)).probabilities;
  }

  /** Where a piece belongs in its background; throws as `read` does. */
  async findGap(piece: Uint8Array, background: Uint8Array, patience: Patience): Promise<Spot | undefined> {
    return (await this.#find({ kind: 'gap' }, [piece, background], patience)).spot;
  }

  /** How far a disc is turned against the picture around it, or the middle of one picture; throws as `read` does. */
  async findTurn(
    disc: Uint8Array,
    around: Uint8Array | undefined,
    patience: Patience,
  ): Promise<Turn | undefined> {
    return (await this.#find({ kind: 'turn' }, around ? [disc, around] : [disc], patience)).turn;
  }

  /** Where in a picture is what a prompt shows, in the prompt's order; throws as `read` does. */
  async findClicks(picture: Uint8Array, prompt: Uint8Array, patience: Patience): Promise<Clicks | undefined> {
    return (await this.#find({ kind: 'clicks' }, [picture, prompt], patience)).clicks;
  }

  async #find<Kind extends Found['kind']>(
    work: Work & { kind: Kind },
    images: Uint8Array[],
    patience: Patience,
  ) {
    const answer = await this.#run(work, images, patience);
    if (!('found' in answer) || answer.found.kind !== work.kind) throw strayAnswer();
    return answer.found as Extract<Found, { kind: Kind }>;
  }

  #run(work: Work, images: Uint8Array[], { deadline, signal, accountId = '' }: Patience): Promise<Answer> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#stopping) throw recogniserUnavailable('is stopping');
      const [now, retryAfterMs] = [this.#options.clock.now(), this.#retryAfterMs()];
      if (now >= deadline) throw new Fault('ERROR_TASK_TIMEOUT');
      const queued: QueuedWork = {
        work,
        images,
        deadline,
        signal,
        account: accountId,
        ...weigh(work, images, this.#card),
        attempts: 0,
        isAnswered: false,
        resolve,
        reject,
        leave: () => this.#forget(queued),
      };
      for (const other of this.#queue.add(queued, retryAfterMs))
        answerOnce(other, () => other.reject(tooMany(retryAfterMs)));
      signal.addEventListener('abort', queued.leave, { once: true });
      this.#dispatch();
    });
  }

  /** Answers everything whose deadline has passed; the thread that is at it goes on undisturbed. */
  expire(): void {
    const now = this.#options.clock.now();
    const late = (queued: QueuedWork) => queued.deadline <= now;
    const running = this.#threads.all.flatMap(({ batch }) => batch.filter((queued) => queued !== undefined));
    for (const queued of [...this.#queue.remove(late), ...running.filter(late)]) {
      answerOnce(queued, () => queued.reject(new Fault('ERROR_TASK_TIMEOUT')));
    }
  }

  /** Refuses what waits, lets the threads finish what they are at, and ends them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#sweeper);
    for (const queued of this.#queue.remove(() => true)) {
      answerOnce(queued, () => queued.reject(recogniserUnavailable('is stopping')));
    }
    await this.#threads.stop();
  }

  #forget(queued: QueuedWork): void {
    if (this.#queue.remove((other) => other === queued).length > 0)
      answerOnce(queued, () => queued.reject(queued.signal.reason));
  }

  /** Gives idle threads work. */
  #dispatch(): void {
    const { ready } = this.#threads;
    for (const thread of ready.filter(({ batch }) => batch.length === 0)) {
      if (this.#queue.length === 0) return;
      this.#send(thread, this.#queue.take(LARGEST_BATCH, ready.length));
    }
  }

  #send(thread: Thread, batch: QueuedWork[]): void {
    const now = this.#options.clock.now();
    thread.batch = batch;
    const items = batch.map((queued): Item => {
      queued.attempts += 1;
      // Copies of their own: a Buffer may be a window on a larger block, and all of that would be sent.
      const images = queued.images.map((image) => Uint8Array.from(image));
      return { work: queued.work, images, budgetMs: queued.deadline - now };
    });
    thread.worker.postMessage(
      { kind: 'batch', items } satisfies ToThread,
      items.flatMap(({ images }) => images.map(({ buffer }) => buffer as ArrayBuffer)),
    );
  }

  #receive(thread: Thread, message: FromThread): void {
    if (message.kind === 'done') {
      const queued = thread.batch[message.index];
      thread.batch[message.index] = undefined;
      if (queued) this.#finish(queued, message.outcome);
    } else if (message.kind === 'free') {
      thread.batch = [];
      this.#dispatch();
    }
  }

  #finish(queued: QueuedWork, outcome: Outcome): void {
    if ('fault' in outcome) {
      const { code, cause } = outcome.fault;
      answerOnce(queued, () => queued.reject(new Fault(code, { cause })));
      return;
    }
    const ms = threadMs(outcome);
    // A file of two kilobytes can take a second, and need not be charged for: turns are of time.
    if (ms > this.#imageMs) this.#queue.charge(queued.account, Math.min(ms / this.#imageMs, MOST_ROUNDS) - 1);
    this.#imageMs += 0.05 * (ms - this.#imageMs);
    answerOnce(queued, () => queued.resolve(outcome));
  }

  #retryAfterMs(): number {
    const ms = (this.#queue.length * this.#imageMs) / this.#options.threads;
    return Math.ceil(Math.min(Math.max(ms, 100), 10_000));
  }

  /** What a dead thread was at runs once more, each by itself, since one of them may have killed it. */
  #salvage({ batch }: Thread, reason: unknown): void {
    const left = batch.filter((queued) => queued !== undefined && !queued.isAnswered) as QueuedWork[];
    const mayRun = ({ attempts, signal }: QueuedWork) => attempts < MOST_ATTEMPTS && !signal.aborted;
    const again = this.#stopping ? [] : left.filter(mayRun);
    for (const queued of left) {
      if (again.includes(queued)) queued.alone = true;
      else if (queued.signal.aborted) answerOnce(queued, () => queued.reject(queued.signal.reason));
      else answerOnce(queued, () => queued.reject(recogniserUnavailable('failed on this image', reason)));
    }
    this.#queue.putBack(again);
    this.#dispatch();
  }
}
