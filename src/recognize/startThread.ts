import './withoutTelemetry.ts';
import { Worker } from 'node:worker_threads';
import type { ModelCard } from './modelCard.ts';
import type { QueuedWork } from './queuedWork.ts';

/** What a recognition thread is given: the model that it reads text with. */
export interface ThreadData {
  model: string;
  card: ModelCard;
}

export function startRecognitionThread(data: ThreadData): Worker {
  // Sources run as .ts, the build as .js.
  return new Worker(new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url), {
    workerData: data,
  });
}

/** A recognition thread as the pool sees it. */
export interface Thread {
  worker: Worker;
  /** What it works on; an item is undefined once its outcome has come. */
  batch: (QueuedWork | undefined)[];
  ready: boolean;
}
