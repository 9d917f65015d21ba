import './withoutTelemetry.ts';
import { Worker } from 'node:worker_threads';
import type { QueuedWork } from './queuedWork.ts';

/** Starts a recognition thread, which reads text with this model. */
export function startRecognitionThread(model: string): Worker {
  // Sources run as .ts, the build as .js.
  return new Worker(new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url), {
    workerData: { model },
  });
}

/** A recognition thread as the pool sees it. */
export interface Thread {
  worker: Worker;
  /** What it works on; an item is undefined once its outcome has come. */
  batch: (QueuedWork | undefined)[];
  ready: boolean;
}
