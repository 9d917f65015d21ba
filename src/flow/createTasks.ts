import { setImmediate as othersTurn } from 'node:timers/promises';
import { Aside } from './aside.ts';
import type { Arrived } from './stages.ts';
import { invalid } from './validate.ts';

const mostTasks = 100;

/** As many of a call's tasks at once as leave room for the calls of others. */
export const batchedAtOnce = 16;

/**
 * The tasks of a call as one request each, in their order.
 * @throws Fault ERROR_INVALID_TASK_DATA where `tasks` is not a list of 1 to 100
 */
export function requestsOf(arrived: Arrived): Arrived[] {
  const { tasks } = arrived.body;
  if (!Array.isArray(tasks))
    throw invalid(`tasks: is ${tasks === undefined || tasks === null ? 'missing' : 'not a list'}`);
  if (tasks.length < 1 || tasks.length > mostTasks)
    throw invalid(`tasks: holds ${tasks.length}, and not 1 to ${mostTasks}`);
  return tasks.map((task: unknown, index) => requestOf(arrived, task, index));
}

function requestOf(arrived: Arrived, task: unknown, index: number): Arrived {
  const { requestId, address, language, dialect, numbered, asks } = arrived;
  const { clientKey, callbackUrl } = arrived.body;
  const name = asks.idempotencyKey;
  return {
    requestId: `${requestId}.${index}`,
    address,
    language,
    dialect,
    numbered,
    // Of its own: a task whose time is over must not end the others.
    work: childOf(arrived.work),
    body: { clientKey, task, callbackUrl },
    asks: { ...asks, idempotencyKey: name === undefined ? undefined : `${name} ${index}` },
    aside: new Aside(),
  };
}

function childOf(parent: AbortController): AbortController {
  const child = new AbortController();
  if (parent.signal.aborted) child.abort();
  else parent.signal.addEventListener('abort', () => child.abort(), { once: true });
  return child;
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
