import { Worker } from 'node:worker_threads';
import { threadBeside } from '../../threadBeside.ts';
import { type EngineEvents, StoreError } from '../engine.ts';
import type { AskedCall, Failed } from './batch.ts';
import type { Command } from './commands.ts';
import type { Asked, Foretold, Replied, ThreadOptions } from './protocol.ts';

export interface Thread {
  call(call: AskedCall): Promise<unknown>;
  command(command: Command): Promise<unknown>;
  close(): Promise<void>;
  /** What has been asked and not answered fails with this, and so does whatever is asked from now on. */
  fail(error: Error): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Calls of a long turn of the event loop are not kept back until its end: the thread runs the first while the others are
 * still being made. With 64 clients in step, each of the two threads waited for the other otherwise.
 */
const callsOfMessage = 16;

/**
 * Starts the store's thread and holds the main thread's end of it. Calls of one turn of the event loop travel
 * together, sixteen in a message; answers come back in the order of the calls.
 */
export async function startThread(
  options: Omit<ThreadOptions, 'bell'>,
  events: EngineEvents,
): Promise<Thread> {
  const bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(threadBeside(import.meta.url), {
    workerData: { ...options, bell } satisfies ThreadOptions,
    name: 'store',
  });
  /** Those asked and not answered, in order, whether their message has been sent or not. */
  const waiting: Waiting[] = [];
  let calls: AskedCall[] = [];
  let ended: Error | undefined;
  let closing = false;

  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });

  worker.on('message', (message: Replied | Foretold) => {
    // Settled early, a promise takes no notice of the answer that follows.
    if ('early' in message) for (const [index, value] of message.early) waiting[index]?.resolve(value);
    else receive(message);
  });
  worker.on('error', (error) => end(error));
  worker.on('exit', () => end(new StoreError('CLOSED', 'the store is closed')));

  function receive({ answers, commits, fatal }: Replied): void {
    for (const operations of commits ?? []) events.committed({ operations });
    const answered = waiting.splice(0, answers.length);
    for (const [index, answer] of answers.entries()) {
      if ('value' in answer) answered[index]?.resolve(answer.value);
      else answered[index]?.reject(errorOf(answer.error));
    }
    if (fatal) end(errorOf(fatal));
  }

  function end(error: Error): void {
    if (ended !== undefined) return;
    ended = error;
    for (const { reject } of waiting) reject(error);
    if (!closing) events.fatal(error);
  }

  function send(message: Asked): void {
    worker.postMessage(message);
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
  }

  function flush(): void {
    if (calls.length === 0 || ended) return;
    send({ calls });
    calls = [];
  }

  return {
    call(call) {
      if (ended || closing) return Promise.reject(ended ?? new StoreError('CLOSED', 'the store is closed'));
      return new Promise((resolve, reject) => {
        if (calls.length === 0) setImmediate(flush);
        calls.push(call);
        waiting.push({ resolve, reject });
        if (calls.length === callsOfMessage) flush();
      });
    },
    command(command) {
      if (ended || closing) return Promise.reject(ended ?? new StoreError('CLOSED', 'the store is closed'));
      flush();
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        send(command);
      });
    },
    async close() {
      if (ended || closing) return;
      flush();
      closing = true;
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      send({ command: 'close' });
      await exited;
    },
    fail(error) {
      if (ended || closing) return;
      end(error);
      send({ command: 'close' });
    },
  };
}

/** With the stack of the thread, where there is one: here it would end at the message that has come. */
function errorOf({ code, message, stack }: Failed): StoreError {
  const cause = stack === undefined ? undefined : Object.assign(new Error(message), { stack });
  return new StoreError(code, message, { cause });
}
