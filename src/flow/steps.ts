import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/store.ts';
import type { SiteRules } from '../tasks/site.ts';
import type { Engines } from '../tasks/task.ts';
import { authenticator } from './authenticate.ts';
import { CallbackSender } from './callbacks.ts';
import { Pace } from './pace.ts';
import { Protection } from './protect.ts';
import { reserver } from './reserve.ts';
import { settler } from './settle.ts';
import { Solver } from './solve.ts';
import type { AnyTaskType, MessageOf } from './stages.ts';
import { Underway } from './underway.ts';
import { registryOf, validator } from './validate.ts';
import { Waiters } from './waiters.ts';

export interface FlowParts {
  config: Config;
  clock: Clock;
  /** By the machine, milliseconds since 1970: `clock` follows it slowly. */
  machineTime: () => number;
  store: Store;
  engines: Engines;
  taskTypes: readonly AnyTaskType[];
  /** Secret that key hashes are made with. */
  pepper: string;
  log: Logger;
  metrics: Metrics;
  /** What may be called on our own initiative. */
  sites: SiteRules;
  messageOf: MessageOf;
  /** From 0 to 1; spreads retries. */
  random: () => number;
  /** Makes the ids of tasks and of requests: UUIDs. */
  newId: () => string;
  /** Aborted when the store can promise nothing any more: from then on nobody is told anything. */
  lost?: AbortSignal;
}

/** Everything that a method of the contract is made of. */
export type Steps = ReturnType<typeof makeSteps>;

export function makeSteps(parts: FlowParts) {
  const typeNamed = registryOf(parts.taskTypes);
  const hurry = new AbortController();
  return {
    ...parts,
    ...settler({ ...parts, hurry: hurry.signal }),
    hurry,
    protection: new Protection(parts),
    ...authenticator(parts),
    pace: new Pace(parts),
    typeNamed,
    validate: validator(parts, typeNamed),
    reserve: reserver(parts),
    solver: new Solver(parts),
    callbacks: new CallbackSender(parts),
    underway: new Underway(),
    waiters: new Waiters(parts),
    /** Tasks under way for each of which a request that was sent again waits to be the next try; resolved once it is, or not. */
    nextTries: new Map<string, Promise<void>>(),
    secondsSince: (started: number) => Math.max(0, parts.clock.now() - started) / 1000,
  };
}
