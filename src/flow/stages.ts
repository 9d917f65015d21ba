import type { Language } from '../errors.ts';
import type { Principal } from '../store/store.ts';
import type { Solution, TaskType } from '../tasks/task.ts';

/**
 * The products of the steps of a request. Each step takes the one before, so that the types hold the order:
 * nothing is reserved without a valid job, nothing settled without an answer.
 */
export interface Arrived {
  requestId: string;
  /** The client's address, after the configured proxies. */
  address: string;
  language: Language;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** The parsed body: an object whose top-level names are in the contract's own spelling. */
  body: Record<string, unknown>;
}

export interface Caller extends Arrived {
  principal: Principal;
}

export interface Job<Input = unknown> {
  caller: Caller;
  type: TaskType<Input>;
  module: string;
  input: Input;
  /** Micro-USD; 0 when a package pays. */
  price: number;
}

export interface Held {
  job: Job;
  taskId: string;
  lease: number;
  deadline: number;
}

export interface Answer {
  held: Held;
  solution: Solution;
}
