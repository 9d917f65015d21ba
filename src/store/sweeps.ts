import type { Engine } from './engine.ts';
import { type Due, tasksInRound } from './operations/round.ts';
import { presence } from './postgres/presence.ts';
import type { Store, SweepOutcome } from './store.ts';

type Caller = Pick<Engine, 'call'>;
type Sweeps = Pick<Store, 'repair' | 'sweep'>;

type Round = () => Promise<boolean>;

/** Tasks that one sweep ends: ten times what a full second of the fastest server leaves behind. */
const mostTasks = 20_000;

/** Repairs and sweeps books that one process serves from. */
export function sweepOwn(engine: Caller, node: string): Sweeps {
  const most = mostTasks / tasksInRound('sqlite');
  return {
    async repair(now) {
      let repaired = 0;
      await inRounds(most, async () => {
        // Every other one is dead.
        const found = await engine.call('repair', node, Number.MAX_SAFE_INTEGER, now);
        repaired += found;
        return found > 0;
      });
      return repaired;
    },
    sweep: sweeping((now, since, swept) => inRounds(most, sweepRound(engine, { now, since }, swept))),
  };
}

/** Repairs and sweeps books that several processes may serve from. */
export function sweepShared(engine: Caller, node: string): Sweeps {
  const { beat } = presence(engine, node);
  const most = mostTasks / tasksInRound('postgres');
  /** Of one account that is waited for: the others wait meanwhile. */
  const mostOfOne = 20;

  /** A process that is silent for as long as all rounds may take is taken for dead. */
  function alive(round: Round): Round {
    return async () => {
      await beat();
      return round();
    };
  }

  async function repairDead(now: number): Promise<void> {
    let aliveSince = undefined as number | undefined;
    /** Judges anew before each round: once the database's clock has been set, the living look dead by the last judgement. */
    const judged = (repair: (aliveSince: number) => Promise<number>) => async () => {
      aliveSince = await beat();
      return aliveSince !== undefined && (await repair(aliveSince)) > 0;
    };
    // `since` now: overdue tasks are left to the sweep, which ends them whoever had them.
    const since = now;
    await inRounds(
      most,
      judged((aliveSince) => engine.call('repair', node, aliveSince, now, since)),
    );
    if (aliveSince === undefined) return;
    for (const accountId of await engine.call('orphanAccounts', { node, aliveSince, since })) {
      const round = judged((aliveSince) =>
        unlessStuck(engine.call('repairOf', { node, aliveSince, since, accountId, now })),
      );
      await inRounds(mostOfOne, round);
    }
  }

  const sweep = sweeping(async (now, since, swept) => {
    const isDone = await inRounds(most, alive(sweepRound(engine, { now, since }, swept)));
    const late = await engine.call('lateAccounts', now, since);
    for (const accountId of late) {
      const round = alive(async () => {
        const timedOut = await unlessStuck(engine.call('endOverdueOf', { accountId, now, since }));
        swept.timedOut += timedOut;
        return timedOut > 0;
      });
      await inRounds(mostOfOne, round);
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
function unlessStuck(ended: Promise<number>): Promise<number> {
  return ended.catch(() => 0);
}

/** Does rounds while each tells that another may find more; returns whether nothing is left. */
async function inRounds(most: number, round: Round): Promise<boolean> {
  for (let done = 0; done < most; done++) if (!(await round())) return true;
  return false;
}

/** Adds to `swept`. */
function sweepRound(engine: Caller, { now, since }: Due, swept: SweepOutcome): Round {
  return async () => {
    const { timedOut, forgotten, more } = await engine.call('sweep', now, since);
    swept.timedOut += timedOut;
    swept.forgotten += forgotten;
    return more;
  };
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
