import type { Engine } from './engine.ts';
import { type Due, tasksInRound } from './operations/round.ts';
import { presence } from './postgres/presence.ts';
import type { Store, SweepOutcome } from './store.ts';

type Caller = Pick<Engine, 'call'>;
type Sweeps = Pick<Store, 'repair' | 'sweep'>;

interface Series {
  most: number;
  before(): Promise<unknown>;
}

/** Tasks that one sweep ends: ten times what a full second of the fastest server leaves behind. */
const mostTasks = 20_000;

/** Repairs and sweeps books that one process serves from. */
export function sweepOwn(engine: Caller, node: string): Sweeps {
  const rounds: Series = { most: mostTasks / tasksInRound('sqlite'), before: async () => {} };
  return {
    async repair(now) {
      let repaired = 0;
      await inRounds(rounds, async () => {
        // Every other one is dead.
        const found = await engine.call('repair', node, Number.MAX_SAFE_INTEGER, now);
        repaired += found;
        return found > 0;
      });
      return repaired;
    },
    sweep: sweeping((now, since, swept) => sweepSince(engine, { now, since }, swept, rounds)),
  };
}

/** Repairs and sweeps books that several processes may serve from. */
export function sweepShared(engine: Caller, node: string): Sweeps {
  const { beat } = presence(engine, node);
  // A beat before every round: a process that is silent for as long as all rounds may take is taken for dead.
  const rounds: Series = { most: mostTasks / tasksInRound('postgres'), before: beat };
  /** Of one account that is waited for: the others wait meanwhile. */
  const ofOne: Series = { most: 20, before: beat };

  async function repairDead(now: number): Promise<void> {
    const aliveSince = await beat();
    if (aliveSince === undefined) return;
    // `since` now: overdue tasks are left to the sweep, which ends them whoever had them.
    const dead = { node, aliveSince, since: now };
    await inRounds(rounds, async () => (await engine.call('repair', node, aliveSince, now, now)) > 0);
    for (const accountId of await engine.call('orphanAccounts', dead)) {
      const round = async () => (await engine.call('repairOf', { ...dead, accountId, now })) > 0;
      await inRounds(ofOne, unlessStuck(round));
    }
  }

  const sweep = sweeping(async (now, since, swept) => {
    const isDone = await sweepSince(engine, { now, since }, swept, rounds);
    const late = await engine.call('lateAccounts', now, since);
    for (const accountId of late) {
      const round = async () => {
        const timedOut = await engine.call('endOverdueOf', { accountId, now, since });
        swept.timedOut += timedOut;
        return timedOut > 0;
      };
      await inRounds(ofOne, unlessStuck(round));
    }
    return isDone && late.length === 0;
  });
  return {
    async repair() {
      await beat();
      return 0;
    },
    async sweep(now) {
      await repairDead(now);
      return sweep(now);
    },
  };
}

/** An account that is stuck must not keep those of others waiting; its tasks come again in the next sweep. */
function unlessStuck(round: () => Promise<boolean>): () => Promise<boolean> {
  return () => round().catch(() => false);
}

/** Does rounds while each tells that another may find more; returns whether nothing is left. */
async function inRounds({ most, before }: Series, round: () => Promise<boolean>): Promise<boolean> {
  for (let done = 0; done < most; done++) {
    await before();
    if (!(await round())) return true;
  }
  return false;
}

/** Adds to `swept`; returns whether nothing is left. */
function sweepSince(
  engine: Caller,
  { now, since }: Due,
  swept: SweepOutcome,
  rounds: Series,
): Promise<boolean> {
  return inRounds(rounds, async () => {
    const { timedOut, forgotten, more } = await engine.call('sweep', now, since);
    swept.timedOut += timedOut;
    swept.forgotten += forgotten;
    return more;
  });
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
