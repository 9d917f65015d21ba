import { randomUUID } from 'node:crypto';
import type { StoreAdmin } from '../../src/store/admin.ts';
import { StoreError } from '../../src/store/engine.ts';
import type { NewHold } from '../../src/store/records.ts';
import type { Store } from '../../src/store/store.ts';
import { hold } from '../store/hold.ts';

export const account = 'torture';
/** Is paid into, and charged for nothing. */
export const saver = 'saver';
export const price = 400;
export const payment = 1_000;
export const bundle = 'bundle';
/** Of the requests that are named: each may be sent in every run, and is charged once. */
export const names = ['first', 'second', 'third', 'fourth'];

/** Says of a task, a payment or a ban what is about to be done to it, or what the store has acknowledged. */
export type Say = (word: string, id: string) => void;

/**
 * Does everything that moves money, one step after the other; what a step did is said before the next begins, so
 * that no word may follow a write that has not reached the disk. A step that the disk refuses ends alone.
 */
export async function runScript(store: Store & StoreAdmin, say: Say): Promise<void> {
  const steps = [pay, charge, giveBack, chargeEarly, chargeQueued, useBundle, ban];
  for (const request of [names.slice(0, 2), names.slice(2)]) {
    for (const step of steps) await attempt(step, store, say);
    for (const name of request) await attempt((...to) => chargeNamed(name, ...to), store, say);
    await attempt(async () => void (await store.sweep(Date.now())), store, say);
  }
}

type Step = (store: Store & StoreAdmin, say: Say) => Promise<void>;

async function attempt(step: Step, store: Store & StoreAdmin, say: Say): Promise<void> {
  try {
    await step(store, say);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'SQLITE_FULL') throw error;
    say('refused', step.name);
  }
}

const pay: Step = async (store, say) => {
  const id = randomUUID();
  say('paying', id);
  await store.topUp({ accountId: saver, amount: payment, note: 'torture', now: Date.now() });
  say('paid', id);
};

const charge: Step = async (store, say) => {
  const task = newHold();
  await held(store.reserve(task));
  say('held', task.taskId);
  await settle(store, say, task, 'charging');
};

const giveBack: Step = async (store, say) => {
  const task = newHold();
  await held(store.reserve(task));
  say('held', task.taskId);
  say('releasing', task.taskId);
  const errorCode = 'ERROR_CAPTCHA_UNSOLVABLE' as const;
  const ending = { errorCode, errorDetail: null, now: Date.now() };
  await store.release({ taskId: task.taskId, lease: 1, ...ending });
  say('released', task.taskId);
};

/** Four at once, as the server does it: work begins before the hold is on the disk, and one commit carries both. */
const chargeEarly: Step = async (store, say) => {
  const tasks = [newHold(), newHold(), newHold(), newHold()];
  const settled = tasks.map(async (task) => {
    await held(store.reserveEarly(task));
    say('trying', task.taskId);
    return store.settle({ taskId: task.taskId, lease: 1, solution, now: Date.now() });
  });
  const outcomes = await Promise.allSettled(settled);
  for (const [at, outcome] of outcomes.entries())
    if (outcome.status === 'fulfilled' && outcome.value) say('charged', tasks[at]!.taskId);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
};

/** Whatever is queued, also by a process that has died. */
const chargeQueued: Step = async (store, say) => {
  const task = newHold({ state: 'queued', payload: '{}', callbackUrl: 'http://192.0.2.1/' });
  await held(store.reserve(task));
  say('held', task.taskId);
  for (;;) {
    const taken = await store.take({ now: Date.now(), busyAccounts: [] });
    if (taken === undefined) break;
    await settle(store, say, taken, 'charging');
  }
  const now = Date.now();
  const callback = await store.takeCallback({ now, lostAt: now, busyHosts: [], busyKeys: [], busyPairs: [] });
  if (callback !== undefined) await store.endCallback({ ...callback, nextAt: null });
};

/** Of a package: a call of it, and no money. */
const useBundle: Step = async (store, say) => {
  const task = newHold({ packageId: bundle, price: 0 });
  say('using', task.taskId);
  await held(store.reserve(task));
  await store.settle({ taskId: task.taskId, lease: 1, solution, now: Date.now() });
  say('used', task.taskId);
};

const ban: Step = async (store, say) => {
  const id = randomUUID();
  const now = Date.now();
  await store.saveBan({ kind: 'address', subject: id, since: now, until: now + 600_000, count: 1 });
  say('banned', id);
};

async function chargeNamed(name: string, store: Store & StoreAdmin, say: Say): Promise<void> {
  const idempotency = { name, fingerprint: name, expiresAt: Date.now() + 86_400_000 };
  const task = newHold({ idempotency });
  say('trying', task.taskId);
  const outcome = await store.reserve(task);
  if (typeof outcome === 'object') {
    if (outcome.solution === null) throw new Error(`${name} is still under way after the repair`);
    return say('repeated', outcome.taskId);
  }
  await held(Promise.resolve(outcome));
  await settle(store, say, task, 'trying');
}

async function settle(
  store: Store,
  say: Say,
  { taskId, lease = 1 }: { taskId: string; lease?: number },
  word: 'charging' | 'trying',
): Promise<void> {
  say(word, taskId);
  if (!(await store.settle({ taskId, lease, solution, now: Date.now() })))
    throw new Error(`${taskId} could not be charged`);
  say('charged', taskId);
}

async function held(outcome: Promise<unknown>): Promise<void> {
  const what = await outcome;
  if (what !== 'held') throw new Error(`a hold ended as ${JSON.stringify(what)}`);
}

const solution = '{"text":"torture"}';

export function newHold(over: Partial<NewHold> = {}): NewHold {
  const task = { taskId: randomUUID(), accountId: account, keyId: 'torture', price };
  return hold({ ...task, type: 'Torture', module: 'faults', now: Date.now(), ...over });
}
