import './withoutTelemetry.ts';
import { Worker } from 'node:worker_threads';
import { threadBeside } from '../threadBeside.ts';
import { UserError } from '../userError.ts';
import type { ModelCard } from './modelCard.ts';
import type { QueuedWork } from './queuedWork.ts';

/** What a recognition thread is given: the model that it reads text with. */
export interface ThreadData {
  model: string;
  card: ModelCard;
}

export function startRecognitionThread(data: ThreadData): Worker {
  return new Worker(threadBeside(import.meta.url), { workerData: data });
}

/** Plain where it is about a file of a model, which whoever runs Legible can put back. */
export function couldNotStart(reason: unknown): Error {
  const what = 'a recognition thread could not start';
  if (reason instanceof UserError) return new UserError(`${what}: ${reason.message}`);
  return new Error(what, { cause: reason });
}

/** A recognition thread as the pool sees it. */
export interface Thread {
  worker: Worker;
  /** What it works on; an item is undefined once its outcome has come. */
  batch: (QueuedWork | undefined)[];
  ready: boolean;
}
