import type { Engine } from './engine.ts';
import { overtime } from './operations/release.ts';
import type { Due } from './operations/round.ts';
import { presence } from './postgres/presence.ts';
import type { SweepOutcome } from './records.ts';
import type { Store } from './store.ts';
import { UnendedTasks } from './unended.ts';

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
export function sweepOwn(engine: Caller, node: string, unended = new UnendedTasks()): Sweeps {
  return {
    async repair(now) {
      const repaired = { count: 0 };
      // Every other one is dead.
      const dead = { node, aliveSince: Number.MAX_SAFE_INTEGER, since: 0 };
      await inRounds(mostRounds, () => repairRound(engine, dead, now, unended, repaired));
      return repaired.count;
    },
    sweep: sweeping((now, since, swept) =>
      inRounds(mostRounds, sweepRound(engine, { now, since }, unended, swept), swept),
    ),
  };
}

/** Repairs and sweeps books that several processes may serve from. */
export function sweepShared(engine: Caller, node: string, unended = new UnendedTasks()): Sweeps {
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
    const judged = (repair: (aliveSince: number) => Promise<boolean>) => async () => {
      aliveSince = await beat();
      return aliveSince !== undefined && repair(aliveSince);
    };
    // `since` now: overdue tasks are left to the sweep, which ends them whoever had them.
    const dead = { node, since: now };
    await inRounds(
      mostRounds,
      judged((aliveSince) => repairRound(engine, { ...dead, aliveSince }, now, unended)),
      swept,
    );
    if (aliveSince === undefined) return;
    const except = unended.at(now);
    for (const accountId of await engine.call('orphanAccounts', { ...dead, aliveSince, except })) {
      const round = judged((aliveSince) =>
        unlessStuck(repairRound(engine, { ...dead, aliveSince, accountId }, now, unended)),
      );
      await inRounds(mostOfOne, round, swept);
    }
  }

  const sweep = sweeping(async (now, since, swept) => {
    const due = { now, since };
    const isDone = await inRounds(mostRounds, alive(sweepRound(engine, due, unended, swept)), swept);
    const late = await engine.call('lateAccounts', now, since, unended.at(now));
    for (const accountId of late) {
      const round = overdueRound(engine, { ...due, accountId }, unended, swept);
      await inRounds(
        mostOfOne,
        alive(() => unlessStuck(round())),
        swept,
      );
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
function unlessStuck(round: Promise<boolean>): Promise<boolean> {
  return round.catch(() => false);
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

/** Repairs one round of what dead processes were running, of all or of one account; adds to `repaired`. */
function repairRound(
  engine: Caller,
  dead: { node: string; aliveSince: number; since: number; accountId?: string },
  now: number,
  unended: UnendedTasks,
  repaired = { count: 0 },
): Promise<boolean> {
  const { node, aliveSince, since, accountId } = dead;
  return unended.pass(now, {
    async round(except) {
      const found = await (accountId === undefined
        ? engine.call('repair', node, aliveSince, now, since, except)
        : engine.call('repairOf', { ...dead, accountId, except, now }));
      repaired.count += found;
      return found > 0;
    },
    tasks: (except) => engine.call('orphanTasks', { ...dead, except }),
    async alone(task) {
      if (await engine.call('repairTask', { ...dead, ...task, now })) repaired.count++;
    },
  });
}

/** Adds to `swept`. */
function sweepRound(engine: Caller, due: Due, unended: UnendedTasks, swept: SweepOutcome): Round {
  return endingRound(engine, due, unended, swept, async (except) => {
    const { timedOut, forgotten, more } = await engine.call('sweep', due.now, due.since, except);
    swept.timedOut += timedOut;
    swept.forgotten += forgotten;
    return more;
  });
}

/** Of one account, which is waited for; adds to `swept`. */
function overdueRound(
  engine: Caller,
  due: Due & { accountId: string },
  unended: UnendedTasks,
  swept: SweepOutcome,
): Round {
  return endingRound(engine, due, unended, swept, async (except) => {
    const timedOut = await engine.call('endOverdueOf', { ...due, except });
    swept.timedOut += timedOut;
    return timedOut > 0;
  });
}

function endingRound(
  engine: Caller,
  due: Due & { accountId?: string },
  unended: UnendedTasks,
  swept: SweepOutcome,
  round: (except: readonly string[]) => Promise<boolean>,
): Round {
  return () =>
    unended.pass(due.now, {
      round,
      tasks: (except) => engine.call('overdueTasks', { ...due, except }),
      async alone({ taskId }) {
        if (await engine.call('release', { taskId, ...overtime, now: due.now })) swept.timedOut++;
      },
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
