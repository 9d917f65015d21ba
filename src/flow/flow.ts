import { milliseconds } from '../settings/milliseconds.ts';
import { admission } from './admit.ts';
import { createTask } from './createTask.ts';
import { batchMethod } from './createTasks.ts';
import { feedbackTask } from './feedbackTask.ts';
import { watchFlow } from './gauges.ts';
import { getBalance } from './getBalance.ts';
import { getTaskResult } from './getTaskResult.ts';
import type { Protection } from './protect.ts';
import { Sandbox } from './sandbox.ts';
import type { Script } from './script.ts';
import type { Arrived, Balance, Caller, Created, TaskResult } from './stages.ts';
import { type FlowParts, makeSteps } from './steps.ts';
import type { Underway } from './underway.ts';
import { unsupported } from './validate.ts';
import { Worker } from './worker.ts';

/** The methods of the contract, without a word about how they are written on the wire. */
export interface Flow {
  protection: Protection;
  underway: Underway;
  createTask(arrived: Arrived): Promise<Created>;
  /** Many tasks in one call; of each what createTask gives, in their order. Rejects where the call is wrong. */
  createTasks(arrived: Arrived): Promise<Promise<Created>[]>;
  getTaskResult(arrived: Arrived): Promise<TaskResult>;
  getBalance(arrived: Arrived): Promise<Balance>;
  feedbackTask(arrived: Arrived): Promise<void>;
  /** For methods that exist and that this server does not serve. */
  refuse(arrived: Arrived): Promise<never>;
  /** The dialect that a key is set to; null where it says nothing. */
  dialectOf(clientKey: unknown): Promise<string | null>;
  /** Whether a key is one of the sandbox, whose calls count against nobody. */
  isOfSandbox(clientKey: unknown): boolean;
  /** Reads the bans and takes up tasks that were queued before. */
  start(): Promise<void>;
  /** Lets tasks under way finish for as long as the setting allows, then gives the rest back. */
  drain(): Promise<void>;
}

/** Wires the steps; the order in which a request meets them stands in admit.ts, here in `paced`, and in createTask.ts. */
export function buildFlow(parts: FlowParts): Flow {
  const steps = makeSteps(parts);
  const worker = new Worker(steps);
  const withWorker = { ...steps, worker };
  const { authenticate, dialectOf, protection, pace, solver, callbacks, underway } = steps;
  const sandbox = new Sandbox(steps);
  watchFlow(parts.metrics, steps);
  const { identify, perform, admit } = admission(steps, sandbox);
  const giveUp = () => {
    solver.abandonAll();
    steps.hurry.abort();
  };
  parts.lost?.addEventListener('abort', () => {
    giveUp();
    callbacks.abandon();
  });

  /** pace → method. */
  const paced =
    <T>(method: (caller: Caller) => Promise<T>) =>
    (caller: Caller): Promise<T> => {
      countRequest(caller);
      return method(caller);
    };

  const create = paced((caller) => createTask(withWorker, caller));
  const stage = (caller: Caller, script: Script) => sandbox.createTask(caller, script);
  const roomFor = (caller: Caller) => pace.roomFor(caller);
  const countRequest = (caller: Caller) => pace.countRequest(caller);
  const result = paced((caller) => getTaskResult(steps, caller));
  const balance = paced((caller) => getBalance(steps, caller));
  const feedback = paced((caller) => feedbackTask(steps, caller));
  const unserved = async (): Promise<never> => {
    throw unsupported();
  };

  return {
    protection,
    underway,
    createTask: (arrived) => admit(arrived, create, stage),
    createTasks: batchMethod({ identify, authenticate, roomFor, countRequest, perform, create, stage }),
    getTaskResult: (arrived) => admit(arrived, result, (caller) => sandbox.getTaskResult(caller)),
    getBalance: (arrived) => admit(arrived, balance, () => sandbox.getBalance()),
    feedbackTask: (arrived) => admit(arrived, feedback, (caller) => sandbox.feedbackTask(caller)),
    refuse: (arrived) => admit(arrived, paced(unserved), unserved),
    dialectOf,
    isOfSandbox: (clientKey) => sandbox.hasScript(clientKey),
    async start() {
      await protection.start();
      worker.start();
      callbacks.start();
    },
    async drain() {
      steps.waiters.close();
      const timer = setTimeout(giveUp, milliseconds(parts.config.drainSeconds));
      await underway.drain();
      clearTimeout(timer);
      protection.stop();
      worker.stop();
      solver.close();
      await callbacks.stop();
    },
  };
}
