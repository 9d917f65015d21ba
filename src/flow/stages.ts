import type { Language } from '../errors.ts';
import type { Fault } from '../fault.ts';
import type { Package, Principal } from '../store/records.ts';
import type { TaskType } from '../tasks/task.ts';
import type { Aside } from './aside.ts';
import type { Script } from './script.ts';

/**
 * The products of the steps of a request. Each step takes the one before, so that the types hold the order:
 * nothing is reserved without a valid job, nothing settled without an answer.
 */
export interface Arrived {
  requestId: string;
  /** The client's address, after the configured proxies. */
  address: string;
  language: Language;
  /** Name of the contract that its client speaks. */
  dialect: string;
  /** Whether its client knows tasks by whole numbers. */
  numbered: boolean;
  /** Aborts when the client has gone; whoever works for it may abort earlier. */
  controller: AbortController;
  /** The parsed body: an object whose top-level names are in the contract's own spelling. */
  body: Record<string, unknown>;
  /** The `task` as its client wrote it, where the body is a translation of what came. */
  sentTask?: unknown;
  asks: Asks;
  aside: Aside;
  /** Lets go of the body, before a wait that may take minutes: hundreds of the largest would be gigabytes. */
  forgetBody(): void;
}

/** What a client asks for beside the contract, by headers. */
export interface Asks {
  /** The script that its sandbox is to follow. */
  test: string | undefined;
  /** Its own name for the request: when sent again under that, the request is answered again and not done again. */
  idempotencyKey: string | undefined;
  /** How long it would wait for a task to end; 0 where it would not. */
  waitMs: number;
}

export interface Caller {
  arrived: Arrived;
  principal: Principal;
}

export interface Identified {
  caller: Caller;
  /** How their sandbox is to answer; undefined for a real call. */
  script: Script | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the registry holds types of every input; each reads only its own
export type AnyTaskType = TaskType<any>;

export interface Job {
  caller: Caller;
  type: AnyTaskType;
  module: string;
  /** What `type.input` made of the client's `task`. */
  input: unknown;
  /** The `task` as JSON, for a worker that takes it up later; null where it is answered at once. */
  payload: string | null;
  /** Micro-USD; 0 when a package pays. */
  price: number;
  /** Where its result is to be sent, besides. */
  callbackUrl: string | null;
}

/** A task whose price is held: reserved by this request, or taken from the queue. */
export interface Held {
  taskId: string;
  /** The same as a whole number, for clients that know tasks by that. */
  number: number | undefined;
  lease: number;
  accountId: string;
  keyId: string;
  type: AnyTaskType;
  input: unknown;
  deadline: number;
  callbackUrl: string | null;
  /** Whether another worker could do it from the store; else it ends with this process. */
  isQueued: boolean;
  startedAt: number;
  /** Of the request that asked for it; for the log. */
  requestId: string | undefined;
}

export interface Answer {
  held: Held;
  /** JSON of the solution: made once, for the store and for the client. */
  solution: string;
}

/** What createTask replies: the answer, or `null` when it comes later. */
export interface Created {
  taskId: string;
  /** Told to clients that know tasks by whole numbers. */
  number: number | undefined;
  solution: string | null;
}

/** What a task cost, and where and when it was asked for: some contracts tell it with the solution. */
interface Bill {
  /** Micro-USD. */
  price: number;
  /** The client's that asked for the task. */
  address: string;
  createdAt: number;
  endedAt: number;
}

export type TaskResult =
  | { taskId: string; state: 'processing' }
  | { taskId: string; state: 'ready'; solution: string; bill: Bill }
  | { taskId: string; state: 'failed'; fault: Fault };

/** How the end of a task is told to the URL that its client named. */
export interface Message {
  /** The task, as its client knows it. */
  id: string;
  /** Content-Type. */
  type: string;
  body: string;
}

/** Writes a result as callbacks tell it to clients of the contract that its task was asked for in. */
export type MessageOf = (result: TaskResult, task: { dialect: string; number: number }) => Message;

export interface Balance {
  /** Micro-USD that can be spent: what is reserved for tasks under way is not in it. */
  available: number;
  packages: Package[];
}
