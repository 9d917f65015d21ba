import type { Clock } from '../clock.ts';
import type { ErrorCode } from '../errors.ts';
import { Fault } from '../fault.ts';
import { lowerCase } from '../lowerCase.ts';
import { RecentMap } from '../recentMap.ts';
import type { Config } from '../settings/config.ts';
import { milliseconds } from '../settings/milliseconds.ts';
import { unlimited } from '../store/admin.ts';
import type { Principal } from '../store/records.ts';
import { reportOf } from './feedbackTask.ts';
import { parseScript, type Script, slowestMs } from './script.ts';
import type { Arrived, Balance, Caller, Created, Job, TaskResult } from './stages.ts';
import { namedTask, timeOrdered, unknownTask } from './taskId.ts';
import { clientHasGone, serverIsStopping } from './unavailable.ts';
import type { Waiters } from './waiters.ts';

interface SandboxParts {
  config: Config;
  clock: Clock;
  newId: () => string;
  /** From 0 to 1. */
  random: () => number;
  validate: (caller: Caller) => Job;
  waiters: Waiters;
}

/** What the keys that name scripts begin with. */
export const sandboxPrefix = 'test-';
const mostTasks = 10_000;
/** Slow answers at once: anybody may ask for them. */
const mostSlow = 1_000;
/** Eleven digits, as services of this trade have them, and beyond every number of a real task. */
const firstNumber = 70_000_000_000;
/** Servers that share a database begin anywhere among so many, or one number would be a task of each. */
const firstNumbers = 9_000_000_000;
const balance = 10_000_000;

interface StagedTask {
  number: number;
  accountId: string;
  price: number;
  /** JSON of the solution; null where the task fails. */
  solution: string | null;
  code: ErrorCode | undefined;
  /** Whether the first poll finds it under way. */
  isLater: boolean;
  polls: number;
  createdAt: number;
}

/**
 * Answers as scripts say, out of memory: nothing that happens here costs anything, or is counted against anybody.
 * Scripts are named by the keys `test-…`, where the setting `sandbox` is on, and by the header X-Legible-Test of a
 * real key that is marked as a test key.
 */
export class Sandbox {
  readonly #parts: SandboxParts;
  readonly #tasks = new RecentMap<string, StagedTask>(mostTasks);
  readonly #ids = new RecentMap<number, string>(mostTasks);
  #lastNumber: number;
  #slow = 0;

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.#lastNumber = firstNumber + Math.floor(parts.random() * firstNumbers);
  }

  /**
   * The script that the key itself names; undefined for a real key.
   * @throws Fault ERROR_KEY_DENIED_ACCESS where it begins like one of the sandbox, and names no script
   */
  ofKey({ body: { clientKey } }: Arrived): Script | undefined {
    if (!this.#isOurs(clientKey)) return undefined;
    const script = parseScript(clientKey.slice(sandboxPrefix.length));
    if (script === undefined)
      throw new Fault('ERROR_KEY_DENIED_ACCESS', { detail: `clientKey: ${unknownScript(sandboxPrefix)}` });
    return script;
  }

  /** Whether a key names a script: what is wrong with such a call before it is played counts against nobody either. */
  hasScript(clientKey: unknown): boolean {
    return this.#isOurs(clientKey) && parseScript(clientKey.slice(sandboxPrefix.length)) !== undefined;
  }

  #isOurs(clientKey: unknown): clientKey is string {
    return this.#parts.config.sandbox && typeof clientKey === 'string' && clientKey.startsWith(sandboxPrefix);
  }

  /**
   * The script that the header names, or `ok` for a call about a task of the sandbox; undefined for a real call.
   * @throws Fault ERROR_BAD_REQUEST where the key may not ask for it: the task would be a real one, and charged
   */
  ofHeader({ arrived, principal }: Caller): Script | undefined {
    const { body, asks } = arrived;
    const { test } = asks;
    if (!principal.key.isTest) {
      if (test !== undefined) throw badHeader('the key is not a test key');
      return undefined;
    }
    if (test === undefined) return this.#holds(body.taskId) ? { kind: 'ok' } : undefined;
    const script = parseScript(test);
    if (script === undefined) throw badHeader(unknownScript(''));
    return script;
  }

  /** Who calls with a key that nobody owns. */
  visitor(arrived: Arrived): Caller {
    return { arrived, principal: visitor };
  }

  /** Plays one method; whatever it throws is marked, so that it counts against nobody. */
  async play<T>(script: Script, method: () => Promise<T>): Promise<T> {
    try {
      if (script.kind === 'err') throw this.#fault(script.code);
      return await method();
    } catch (error) {
      if (error instanceof Fault) error.isStaged = true;
      throw error;
    }
  }

  async createTask(caller: Caller, script: Script): Promise<Created> {
    const { clock, newId, waiters } = this.#parts;
    if (waiters.isClosed) throw serverIsStopping();
    const end = this.#endOf(caller, script);
    const now = clock.now();
    const taskId = timeOrdered(newId(), now);
    caller.arrived.forgetBody();
    if (script.kind === 'slow') await this.#beSlow(taskId, script.ms, caller.arrived.controller.signal);
    const number = ++this.#lastNumber;
    const accountId = caller.principal.key.accountId;
    this.#tasks.set(taskId, { ...end, number, accountId, polls: 0, createdAt: now });
    this.#ids.set(number, taskId);
    if (!end.isLater && end.code === undefined) caller.arrived.aside.cost = 0;
    return { taskId, number, solution: end.isLater ? null : end.solution };
  }

  /** Made before a slow answer waits, so that a thousand of those keep no images. */
  #endOf(caller: Caller, script: Script): Pick<StagedTask, 'price' | 'solution' | 'code' | 'isLater'> {
    const { type, input, price } = this.#parts.validate(caller);
    const code = script.kind === 'fail' ? script.code : undefined;
    const isLater = script.kind === 'async' || (code === undefined && type.timing === 'later');
    return { price, code, isLater, solution: code === undefined ? JSON.stringify(type.sample(input)) : null };
  }

  async getTaskResult(caller: Caller): Promise<TaskResult> {
    const taskId = await this.#named(caller);
    const task = this.#find(caller, taskId);
    const { config } = this.#parts;
    const { polls, isLater, solution, code, createdAt, price } = task;
    if (polls >= config.maxPolls) throw unknownTask();
    task.polls++;
    const { asks, aside } = caller.arrived;
    if (asks.waitMs > 0) aside.waitSeconds = asks.waitMs / 1000;
    else if (isLater && polls === 0) return { taskId, state: 'processing' };
    aside.cost = 0;
    if (solution === null) return { taskId, state: 'failed', fault: this.#fault(code!) };
    const { address } = caller.arrived;
    return { taskId, state: 'ready', solution, bill: { price, address, createdAt, endedAt: createdAt } };
  }

  async getBalance(): Promise<Balance> {
    return { available: balance, packages: [] };
  }

  async feedbackTask(caller: Caller): Promise<void> {
    const taskId = await this.#named(caller);
    reportOf(caller.arrived.body, this.#parts.config);
    const task = this.#find(caller, taskId);
    const isReady = !task.isLater || task.polls > 0;
    if (task.solution === null || !isReady) throw unknownTask();
  }

  #named(caller: Caller): Promise<string> {
    const store = { taskOfNumber: async ({ number }: { number: number }) => this.#ids.get(number) };
    return namedTask({ store }, caller);
  }

  #find(caller: Caller, taskId: string): StagedTask {
    const task = this.#tasks.get(taskId);
    if (task?.accountId !== caller.principal.key.accountId) throw unknownTask();
    const { config, clock } = this.#parts;
    if (task.createdAt + milliseconds(config.resultSeconds) <= clock.now()) throw unknownTask();
    return task;
  }

  #holds(taskId: unknown): boolean {
    if (typeof taskId !== 'string' && typeof taskId !== 'number') return false;
    const text = lowerCase(String(taskId));
    return this.#tasks.get(text) !== undefined || this.#ids.get(Number(text)) !== undefined;
  }

  async #beSlow(taskId: string, ms: number, signal: AbortSignal): Promise<void> {
    const { waiters } = this.#parts;
    if (this.#slow >= mostSlow) throw tooManySlow();
    this.#slow++;
    await waiters.wait(taskId, ms, signal);
    this.#slow--;
    if (signal.aborted) throw clientHasGone();
    if (waiters.isClosed) throw serverIsStopping();
  }

  #fault(code: ErrorCode): Fault {
    const { banSeconds, blockSeconds } = this.#parts.config;
    const seconds = { ERROR_IP_BANNED: banSeconds[0]!, ERROR_KEY_TEMP_BLOCKED: blockSeconds };
    const lasting = Object.hasOwn(seconds, code) ? seconds[code as keyof typeof seconds] : undefined;
    const fault = new Fault(code, lasting === undefined ? {} : { retryAfterMs: milliseconds(lasting) });
    fault.isStaged = true;
    return fault;
  }
}

const visitor: Principal = {
  key: {
    id: 'sandbox',
    accountId: 'sandbox',
    packageId: null,
    label: '',
    hint: '',
    ...unlimited,
    isTest: true,
    revokedAt: null,
  },
  package: null,
};

function unknownScript(prefix: string): string {
  const known = ['ok', 'async', 'slow-MS', 'err-CODE', 'fail-CODE'].map((name) => prefix + name);
  return `is none of ${known.join(', ')}, with one of the 17 codes and at most ${slowestMs} ms`;
}

function tooManySlow(): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', {
    detail: `more than ${mostSlow} slow answers at once`,
    retryAfterMs: 1_000,
  });
}

function badHeader(why: string): Fault {
  return new Fault('ERROR_BAD_REQUEST', { detail: `X-Legible-Test: ${why}` });
}
