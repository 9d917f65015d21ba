import type { Engine } from './engine.ts';
import type { Due } from './operations/round.ts';
import { presence } from './postgres/presence.ts';
import type { SweepOutcome } from './records.ts';
import type { Store } from './store.ts';

type Caller = Pick<Engine, 'call'>;
type Sweeps = Pick<Store, 'repair' | 'sweep'>;

type Round = () => Promise<boolean>;

/**
 * Rounds of one kind in one sweep: what has become due since its start waits for its end, and so does a stop. Whoever
 * sweeps comes again at once while more is left.
 */
const mostRounds = 100;
/** Of one account that is waited for: the others wait meanwhile. */
const mostOfOne = 20;

/** Repairs and sweeps books that one process serves from. */
export function sweepOwn(engine: Caller, node: string): Sweeps {
  return {
    async repair(now) {
      let repaired = 0;
      await inRounds(mostRounds, async () => {
        // Every other one is dead.
        const found = await engine.call('repair', node, Number.MAX_SAFE_INTEGER, now);
        repaired += found;
        return found > 0;
      });
      return repaired;
    },
    sweep: sweeping((now, since, swept) =>
      inRounds(mostRounds, sweepRound(engine, { now, since }, swept), swept),
    ),
  };
}

/** Repairs and sweeps books that several processes may serve from. */
export function sweepShared(engine: Caller, node: string): Sweeps {
  const { beat } = presence(engine, node);

  /** A process that is silent for as long as all rounds may take is taken for dead. */
  function alive(round: Round): Round {
    return async () => {
      await beat();
      return round();
    };
  }

  async function repairDead(now: number, swept: SweepOutcome): Promise<void> {
    let aliveSince = undefined as number | undefined;
    /** Judges anew before each round: once the database's clock has been set, the living look dead by the last judgement. */
    const judged = (repair: (aliveSince: number) => Promise<number>) => async () => {
      aliveSince = await beat();
      return aliveSince !== undefined && (await repair(aliveSince)) > 0;
    };
    // `since` now: overdue tasks are left to the sweep, which ends them whoever had them.
    const since = now;
    await inRounds(
      mostRounds,
      judged((aliveSince) => engine.call('repair', node, aliveSince, now, since)),
      swept,
    );
    if (aliveSince === undefined) return;
    for (const accountId of await engine.call('orphanAccounts', { node, aliveSince, since })) {
      const round = judged((aliveSince) =>
        unlessStuck(engine.call('repairOf', { node, aliveSince, since, accountId, now })),
      );
      await inRounds(mostOfOne, round, swept);
    }
  }

  const sweep = sweeping(async (now, since, swept) => {
    const isDone = await inRounds(mostRounds, alive(sweepRound(engine, { now, since }, swept)), swept);
    const late = await engine.call('lateAccounts', now, since);
    for (const accountId of late) {
      const round = alive(async () => {
        const timedOut = await unlessStuck(engine.call('endOverdueOf', { accountId, now, since }));
        swept.timedOut += timedOut;
        return timedOut > 0;
      });
      await inRounds(mostOfOne, round, swept);
    }
    return isDone && late.length === 0;
  });
  return {
    async repair() {
      await beat();
      return 0;
    },
    async sweep(now) {
      const swept: SweepOutcome = { timedOut: 0, forgotten: 0 };
      await repairDead(now, swept);
      return sweep(now, swept);
    },
  };
}

/** An account that is stuck must not keep those of others waiting; its tasks come again in the next sweep. */
function unlessStuck(ended: Promise<number>): Promise<number> {
  return ended.catch(() => 0);
}

/** Does rounds while each tells that another may find more; returns whether nothing is left, and else tells `swept`. */
async function inRounds(
  most: number,
  round: Round,
  swept: Pick<SweepOutcome, 'more'> = {},
): Promise<boolean> {
  for (let done = 0; done < most; done++) if (!(await round())) return true;
  swept.more = true;
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
): (now: number, swept?: SweepOutcome) => Promise<SweepOutcome> {
  let clearAt: number | undefined;
  let wholeAt: number | undefined;

  return async (now, swept = { timedOut: 0, forgotten: 0 }) => {
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
