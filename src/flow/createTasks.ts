import { setImmediate as othersTurn } from 'node:timers/promises';
import { longestUrl } from '../call.ts';
import { partOf } from './part.ts';
import type { Script } from './script.ts';
import type { Arrived, Caller, Created, Identified } from './stages.ts';
import { invalid } from './validate.ts';

/** In one call. */
export const mostTasks = 100;

/** As many of a call's tasks at once as leave room for the calls of others. */
const batchedAtOnce = 16;

export interface BatchParts {
  identify(arrived: Arrived): Promise<Identified>;
  authenticate(arrived: Arrived): Promise<Caller>;
  roomFor(caller: Caller): number;
  /** @throws Fault ERROR_RATE_LIMIT */
  countRequest(caller: Caller): void;
  /** Runs a step for who was identified; its mistakes count against them. */
  perform<T>(
    who: Identified,
    method: (caller: Caller) => Promise<T>,
    staged: (caller: Caller, script: Script) => Promise<T>,
  ): Promise<T>;
  create(caller: Caller): Promise<Created>;
  stage(caller: Caller, script: Script): Promise<Created>;
}

/** Makes the method that takes many tasks in one call; what becomes of each is told in their order. */
export function batchMethod(parts: BatchParts) {
  const { identify, authenticate, roomFor, countRequest, perform, create, stage } = parts;
  /** Each task counts as a request; a call that brings none is one. */
  async function listed(caller: Caller): Promise<Arrived[]> {
    try {
      return requestsOf(caller.arrived);
    } catch (mistake) {
      countRequest(caller);
      throw mistake;
    }
  }

  return async function createTasks(arrived: Arrived): Promise<Promise<Created>[]> {
    // Once for all of them: a wrong key is one mistake, and not a hundred.
    const { caller, script } = await identify(arrived);
    const requests = await perform({ caller, script }, listed, async () => requestsOf(arrived));
    // The parts have what they need of it; the last of them may wait for minutes.
    arrived.forgetBody();
    async function createOne(one: Arrived): Promise<Created> {
      // A hundred may take minutes, in which a key can be revoked or expire.
      const still = script === undefined ? await authenticate(one) : { ...caller, arrived: one };
      return perform({ caller: still, script }, create, stage);
    }
    return inTurn(requests, Math.min(batchedAtOnce, roomFor(caller)), (one) =>
      createOne(one).finally(() => arrived.aside.add(one.aside)),
    );
  };
}

/**
 * The tasks of a call as one request each, in their order.
 * @throws Fault ERROR_INVALID_TASK_DATA where `tasks` is not a list of 1 to 100
 */
function requestsOf(arrived: Arrived): Arrived[] {
  const { tasks, callbackUrl } = arrived.body;
  if (!Array.isArray(tasks))
    throw invalid(`tasks: is ${tasks === undefined || tasks === null ? 'missing' : 'not a list'}`);
  if (tasks.length < 1 || tasks.length > mostTasks)
    throw invalid(`tasks: holds ${tasks.length}, and not 1 to ${mostTasks}`);
  // Each of a hundred requests would be named by a digest of it.
  if (typeof callbackUrl === 'string' && callbackUrl.length > longestUrl)
    throw invalid(`callbackUrl: is longer than ${longestUrl} characters`);
  return tasks.map((task: unknown, index) => requestOf(arrived, task, index));
}

function requestOf(arrived: Arrived, task: unknown, index: number): Arrived {
  const { asks, body } = arrived;
  const { clientKey, callbackUrl } = body;
  const name = asks.idempotencyKey;
  return partOf(arrived, {
    index,
    body: { clientKey, task, callbackUrl },
    asks: { ...asks, idempotencyKey: name === undefined ? undefined : `${name} ${index}` },
  });
}

/** Begins work on items in their order, so many at once; nobody need look at the promises in time. */
export function inTurn<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R>[] {
  const results = items.map(() => Promise.withResolvers<R>());
  const left = items.entries();
  async function lane(): Promise<void> {
    for (const [index, item] of left) {
      await work(item).then(results[index]!.resolve, results[index]!.reject);
      // A hundred that are refused one after the other kept everybody else waiting for 0.1 s.
      await othersTurn();
    }
  }
  for (let lanes = Math.min(atOnce, items.length); lanes > 0; lanes--) void lane();
  for (const { promise } of results) promise.catch(() => {});
  return results.map(({ promise }) => promise);
}
