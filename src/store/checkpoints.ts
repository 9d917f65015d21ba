import type { Violation } from './admin.ts';
import type { Engine } from './engine.ts';

/** So many lines are audited in some three seconds. */
const everyEntries = 500_000;

/**
 * Keeps the balances after every half million lines of the ledger, from which audits then go on; returns how many
 * times. Only of books that are right: a checkpoint must not hide what is wrong before it.
 */
export async function makeCheckpoints(
  engine: Pick<Engine, 'call' | 'look'>,
  now: number,
  every = everyEntries,
): Promise<{ made: number; violations: Violation[] }> {
  let { since, upTo: last } = await engine.call('sinceCheckpoint');
  if (last - since < every) return { made: 0, violations: [] };
  const violations = await engine.look('audit', now);
  if (violations.length > 0) return { made: 0, violations };
  let made = 0;
  while (last - since >= every) {
    const next = await engine.look('nextCheckpoint', since, every);
    if (next === undefined) break;
    await engine.call('keepCheckpoint', await engine.look('draftCheckpoint', next), now);
    since = next.upTo;
    made++;
  }
  return { made, violations };
}
