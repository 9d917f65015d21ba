import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { Fault } from '../fault.ts';
import type { Metrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';
import type { Engines } from '../tasks/task.ts';
import { authenticator } from './authenticate.ts';
import { createTask } from './createTask.ts';
import { feedbackTask } from './feedbackTask.ts';
import { getBalance } from './getBalance.ts';
import { getTaskResult } from './getTaskResult.ts';
import { Pace } from './pace.ts';
import { Protection } from './protect.ts';
import { reserver } from './reserve.ts';
import { settler } from './settle.ts';
import { Solver } from './solve.ts';
import type { AnyTaskType, Arrived, Balance, Caller, Created, TaskResult } from './stages.ts';
import { Underway } from './underway.ts';
import { unsupported, validator } from './validate.ts';

export interface FlowParts {
  config: Config;
  clock: Clock;
  store: Store;
  engines: Engines;
  taskTypes: readonly AnyTaskType[];
  /** Secret that key hashes are made with. */
  pepper: string;
  log: Logger;
  metrics: Metrics;
  /** Makes the ids of tasks and of requests: UUIDs. */
  newId: () => string;
}

/** Everything that a method of the contract is made of. */
export type Steps = ReturnType<typeof stepsOf>;

function stepsOf(parts: FlowParts) {
  return {
    ...parts,
    ...settler(parts),
    protection: new Protection(parts),
    authenticate: authenticator(parts),
    pace: new Pace(parts),
    validate: validator(parts.config, parts.taskTypes),
    reserve: reserver(parts),
    solver: new Solver(parts),
    underway: new Underway(),
    secondsSince: (started: number) => Math.max(0, parts.clock.now() - started) / 1000,
  };
}

/** The methods of the contract, without a word about how they are written on the wire. */
export interface Flow {
  protection: Protection;
  underway: Underway;
  createTask(arrived: Arrived): Promise<Created>;
  getTaskResult(arrived: Arrived): Promise<TaskResult>;
  getBalance(arrived: Arrived): Promise<Balance>;
  feedbackTask(arrived: Arrived): Promise<void>;
  /** For methods that exist and that this server does not serve. */
  refuse(arrived: Arrived): Promise<never>;
  /** Lets tasks under way finish for as long as the setting allows, then gives the rest back. */
  drain(): Promise<void>;
}

/** Wires the steps; the order in which a request meets them stands in admit and in createTask. */
export function buildFlow(parts: FlowParts): Flow {
  const steps = stepsOf(parts);
  const { authenticate, protection, pace, solver, underway } = steps;

  /** authenticate → key block → pace, and whatever then goes wrong is counted against the key. */
  async function admit<T>(
    arrived: Arrived,
    method: (steps: Steps, caller: Caller) => Promise<T>,
  ): Promise<T> {
    const caller = await authenticate(arrived);
    const keyId = caller.principal.key.id;
    protection.refuseBlocked(keyId);
    try {
      pace.countRequest(caller);
      return await method(steps, caller);
    } catch (error) {
      if (error instanceof Fault) protection.countForKey(keyId, error.code);
      throw error;
    }
  }

  return {
    protection,
    underway,
    createTask: (arrived) => admit(arrived, createTask),
    getTaskResult: (arrived) => admit(arrived, getTaskResult),
    getBalance: (arrived) => admit(arrived, getBalance),
    feedbackTask: (arrived) => admit(arrived, feedbackTask),
    refuse: (arrived) =>
      admit(arrived, () => {
        throw unsupported();
      }),
    async drain() {
      const idle = underway.drain();
      const timer = setTimeout(() => solver.abandonAll(), parts.config.drainSeconds * 1000);
      await idle;
      clearTimeout(timer);
      solver.close();
    },
  };
}
