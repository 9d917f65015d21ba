import { Worker } from 'node:worker_threads';
import { type EngineEvents, StoreError } from '../engine.ts';
import type { Call } from '../operations.ts';
import type { Command } from './commands.ts';
import type { Asked, Replied, ThreadOptions } from './protocol.ts';

export interface Thread {
  call(call: Call): Promise<unknown>;
  command(command: Command): Promise<unknown>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Starts the store's thread and holds the main thread's end of it. Calls of one turn of the event loop travel
 * in one message; answers come back in the order of the messages.
 */
export async function startThread(options: ThreadOptions, events: EngineEvents): Promise<Thread> {
  // Sources start a source: tsc does not rewrite this name.
  const entry = new URL(`./thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  const worker = new Worker(entry, { workerData: options, name: 'store' });
  const sent: Waiting[][] = [];
  let calls: Call[] = [];
  let callers: Waiting[] = [];
  let ended: Error | undefined;
  let closing = false;

  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });

  worker.on('message', ({ answers, commits, fatal }: Replied) => {
    const waiting = sent.shift() ?? [];
    for (const operations of commits?.sizes ?? [])
      events.committed({ operations, seconds: commits!.seconds / commits!.sizes.length });
    for (const [index, answer] of answers.entries()) {
      if ('value' in answer) waiting[index]?.resolve(answer.value);
      else waiting[index]?.reject(new StoreError(answer.error.code, answer.error.message));
    }
    if (fatal) end(new StoreError(fatal.code, fatal.message));
  });
  worker.on('error', (error) => end(error));
  worker.on('exit', () => end(new StoreError('CLOSED', 'the store is closed')));

  function end(error: Error): void {
    if (ended !== undefined) return;
    ended = error;
    for (const { reject } of [...sent.flat(), ...callers]) reject(error);
    if (!closing) events.fatal(error);
  }

  function send(message: Asked, waiting: Waiting[]): void {
    sent.push(waiting);
    worker.postMessage(message);
  }

  function flush(): void {
    if (calls.length === 0 || ended) return;
    send({ calls }, callers);
    calls = [];
    callers = [];
  }

  return {
    call(call) {
      if (ended || closing) return Promise.reject(ended ?? new StoreError('CLOSED', 'the store is closed'));
      return new Promise((resolve, reject) => {
        if (calls.length === 0) setImmediate(flush);
        calls.push(call);
        callers.push({ resolve, reject });
      });
    },
    command(command) {
      if (ended || closing) return Promise.reject(ended ?? new StoreError('CLOSED', 'the store is closed'));
      flush();
      return new Promise((resolve, reject) => send(command, [{ resolve, reject }]));
    },
    async close() {
      if (ended || closing) return;
      flush();
      closing = true;
      const exited = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage({ command: 'close' } satisfies Asked);
      await exited;
    },
  };
}
