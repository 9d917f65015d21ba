import type { LedgerEntry } from './admin.ts';
import type { Engine } from './engine.ts';

/** Lines that are read in some 300 ms: as long as one look lasts, SQLite's journal cannot be cut. */
const linesAtOnce = 1_000_000;

/**
 * The latest entries of an account, newest first. No index leads to them, since each line of the ledger would have to be
 * written into it: for an account that has few, all lines are read, some at a time.
 */
export async function latestEntries(
  engine: Pick<Engine, 'look'>,
  accountId: string,
  limit: number,
  atOnce = linesAtOnce,
): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  const { upTo: last } = await engine.look('sinceCheckpoint');
  for (let upTo = last; upTo > 0 && found.length < limit; upTo -= atOnce) {
    const stretch = { since: upTo - atOnce, upTo };
    found.push(...(await engine.look('listEntries', accountId, limit - found.length, stretch)));
  }
  return found;
}
