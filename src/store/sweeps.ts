import type { Engine } from './engine.ts';
import type { Due } from './operations/round.ts';
import { presence } from './postgres/presence.ts';
import type { Store, SweepOutcome } from './store.ts';

type Caller = Pick<Engine, 'call'>;
type Sweeps = Pick<Store, 'repair' | 'sweep'>;

/** Rounds of one sweep: 20,000 tasks, ten times what a full second of the fastest server leaves behind. */
const mostRounds = 100;

/** Repairs and sweeps books that one process serves from. */
export function sweepOwn(engine: Caller, node: string): Sweeps {
  return {
    // Every other one is dead.
    repair: (now) => repairAll(engine, node, { now, since: 0 }, async () => Number.MAX_SAFE_INTEGER),
    sweep: sweeping((now, since, swept) => sweepSince(engine, { now, since }, swept)),
  };
}

/** Repairs and sweeps books that several processes may serve from. */
export function sweepShared(engine: Caller, node: string): Sweeps {
  const { beat } = presence(engine, node);
  const sweep = sweeping(async (now, since, swept) => {
    // A beat before every round: a process that is silent for as long as all rounds may take is taken for dead.
    const isDone = await sweepSince(engine, { now, since }, swept, beat);
    const late = await engine.call('lateAccounts', now, since);
    // An account that is stuck must not keep those of others waiting; its tasks come again in the next sweep.
    for (const accountId of late) {
      await beat();
      swept.timedOut += await engine.call('endOverdueOf', { accountId, now, since }).catch(() => 0);
    }
    return isDone && late.length === 0;
  });
  return {
    async repair() {
      await beat();
      return 0;
    },
    async sweep(now) {
      // `since` now: overdue tasks are left to the sweep, which ends them whoever had them.
      await repairAll(engine, node, { now, since: now }, beat);
      return sweep(now);
    },
  };
}

/** `judge` tells since when every living process has been seen; undefined while that cannot be told. */
async function repairAll(
  engine: Caller,
  node: string,
  { now, since }: Due,
  judge: () => Promise<number | undefined>,
): Promise<number> {
  let repaired = 0;
  for (let round = 0; round < mostRounds; round++) {
    const aliveSince = await judge();
    if (aliveSince === undefined) break;
    const found = await engine.call('repair', node, aliveSince, now, since);
    repaired += found;
    if (found === 0) break;
  }
  return repaired;
}

/** Adds to `swept`; returns whether nothing more was found. */
async function sweepSince(
  engine: Caller,
  { now, since }: Due,
  swept: SweepOutcome,
  before: () => Promise<unknown> = async () => {},
): Promise<boolean> {
  for (let round = 0; round < mostRounds; round++) {
    await before();
    const { timedOut, forgotten, more } = await engine.call('sweep', now, since);
    swept.timedOut += timedOut;
    swept.forgotten += forgotten;
    if (!more) return true;
  }
  return false;
}

/** How far a sweep looks back before the last that left nothing: that may have passed over tasks not yet called late. */
const lookBackMs = 10_000;
/** How often a sweep looks at everything: another process may have written what was due long before. */
const wholeEveryMs = 60_000;

/**
 * Makes a sweep of what has become due since the last that left nothing, and once a minute of everything. Under somebody's
 * long transaction the latter may take longer than a statement may: then it fails, `cutOff` tells why, and what has become
 * due meanwhile is swept all the same. Only what was due before the first sweep waits for the end of that transaction.
 * `sweepFrom` adds to `swept`, and returns whether it left nothing.
 */
function sweeping(
  sweepFrom: (now: number, since: number, swept: SweepOutcome) => Promise<boolean>,
): (now: number) => Promise<SweepOutcome> {
  let clearAt: number | undefined;
  let wholeAt: number | undefined;

  return async (now) => {
    const swept: SweepOutcome = { timedOut: 0, forgotten: 0 };
    // Not later than now: the clock may have been set back.
    clearAt = Math.min(clearAt ?? now, now);
    if (wholeAt === undefined || Math.abs(now - wholeAt) >= wholeEveryMs) {
      wholeAt = now;
      try {
        if (await sweepFrom(now, 0, swept)) clearAt = now;
        else wholeAt = undefined;
        return swept;
      } catch (error) {
        swept.cutOff = error;
      }
    }
    if (await sweepFrom(now, clearAt - lookBackMs, swept)) clearAt = now;
    return swept;
  };
}
