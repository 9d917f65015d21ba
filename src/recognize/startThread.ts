import './withoutTelemetry.ts';
import { Worker } from 'node:worker_threads';

/** Starts a recognition thread, which reads text with this model. */
export function startRecognitionThread(model: string): Worker {
  // Sources run as .ts, the build as .js.
  return new Worker(new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url), {
    workerData: { model },
  });
}
