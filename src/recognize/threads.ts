import type { Worker } from 'node:worker_threads';
import { UserError } from '../userError.ts';
import { couldNotStart, type Thread, type ThreadData } from './startThread.ts';
import type { FromThread, ToThread } from './thread.ts';

interface ThreadsParts {
  data: ThreadData;
  startThread(data: ThreadData): Worker;
  /** Told why a thread ended that nobody had stopped; another takes its place. */
  onThreadEnd(reason: unknown): void;
  /** One more has loaded its model. */
  onReady(): void;
  onMessage(thread: Thread, message: FromThread): void;
  /** Told of each thread that ends, with what it was at. */
  onGone(thread: Thread, reason: unknown): void;
}

const RESTART_MS = 1000;

/** Threads that recognise images: one that ends unasked is replaced. */
export class RecognitionThreads {
  readonly #parts: ThreadsParts;
  readonly #all = new Set<Thread>();
  #stopping = false;

  constructor(parts: ThreadsParts) {
    this.#parts = parts;
  }

  /** Those that are up, whether their model is loaded or not. */
  get all(): Thread[] {
    return [...this.#all];
  }

  get ready(): Thread[] {
    return this.all.filter((thread) => thread.ready);
  }

  /**
   * Starts one; resolves once it has loaded its model. Rejects, and never throws: `new Worker` does, where no more threads
   * may be made.
   */
  async start(): Promise<void> {
    const { data, startThread, onThreadEnd, onReady, onMessage, onGone } = this.#parts;
    const thread: Thread = { worker: startThread(data), batch: [], ready: false };
    this.#all.add(thread);
    await new Promise<void>((resolve, reject) => {
      let reason: unknown = 'the recognition thread ended';
      thread.worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') {
          thread.ready = true;
          onReady();
          resolve();
        } else if (message.kind === 'failed') reason = new UserError(message.message);
        else onMessage(thread, message);
      });
      thread.worker.on('error', (error) => {
        reason = error;
      });
      thread.worker.on('exit', () => {
        this.#all.delete(thread);
        reject(couldNotStart(reason));
        onGone(thread, reason);
        if (this.#stopping || !thread.ready) return;
        onThreadEnd(reason);
        this.#replace();
      });
    });
  }

  /** Lets each finish what it is at, and ends it; none is replaced any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(
      Array.from(this.#all, ({ worker }) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        worker.postMessage({ kind: 'stop' } satisfies ToThread);
        return ended;
      }),
    );
  }

  /** Tries until a new thread stands: with a thread too few the server is slow, with none it is deaf. */
  #replace(): void {
    this.start().catch((error: unknown) => {
      this.#parts.onThreadEnd(error);
      setTimeout(() => !this.#stopping && this.#replace(), RESTART_MS).unref();
    });
  }
}
