import type { Bookkeeping } from './admin.ts';
import { type Engine, lockNotAvailable, StoreError } from './engine.ts';

/** So many lines are audited in some three seconds. */
const everyEntries = 500_000;

/**
 * Keeps the balances after every half million lines of the ledger, from which audits then go on. Only of books that are
 * right: a checkpoint must not hide what is wrong before it.
 */
export async function makeCheckpoints(
  engine: Pick<Engine, 'call' | 'look'>,
  now: number,
  every = everyEntries,
): Promise<Bookkeeping> {
  const none: Bookkeeping = { made: 0, violations: [], isBusy: false };
  let { since, upTo } = await engine.call('sinceCheckpoint');
  if (upTo - since < every) return none;
  const last = await lastSettledLine(engine);
  if (last === undefined) return { ...none, isBusy: true };
  const violations = await engine.look('audit', now);
  if (violations.length > 0) return { ...none, violations };
  let made = 0;
  while (last - since >= every) {
    const next = await engine.look('nextCheckpoint', since, every);
    if (next === undefined) break;
    // One after the other: who asks for something else meanwhile need not wait for all of them.
    for (const page of await engine.look('draftCheckpoint', next))
      await engine.call('keepCheckpoint', next.upTo, page, now);
    since = next.upTo;
    made++;
  }
  return { ...none, made };
}

async function lastSettledLine(engine: Pick<Engine, 'call'>): Promise<number | undefined> {
  try {
    return await engine.call('lastSettledLine');
  } catch (error) {
    if (error instanceof StoreError && error.code === lockNotAvailable) return undefined;
    throw error;
  }
}
