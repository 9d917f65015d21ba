import type { Clock, SteadyClock } from './clock.ts';
import type { Log } from './log.ts';
import { type Rounds, startRounds } from './rounds.ts';
import type { Store } from './store/store.ts';

const everyMs = 1_000;
/** A greater difference is told to the log, once until it has been made good. */
const toldMs = 1_000;
/** An answer that took longer does not tell when it was given. */
const freshMs = 500;
/** For how long results that may still be asked for put a jump off: where tasks never cease, there always are some. */
const patienceMs = 600_000;

/**
 * Keeps the server's time on that of the database, where several processes share one, so that none ends what another works
 * on; else on the machine's.
 */
export async function startTimekeeper(
  clock: SteadyClock,
  machine: Clock,
  store: Pick<Store, 'sharedTime' | 'isAnyStanding'>,
  log: Log,
): Promise<Rounds> {
  /** By `elapsed`. */
  let offSince: number | undefined;

  /** Undefined where it cannot be told now. */
  async function time(): Promise<number | undefined> {
    const asked = machine.elapsed();
    const shared = await store.sharedTime();
    const took = machine.elapsed() - asked;
    if (shared === undefined) return machine.now();
    return took > freshMs ? undefined : shared + took / 2;
  }

  async function steer(): Promise<number> {
    // A database that is away has been told to the log by others.
    const now = await time().catch(() => undefined);
    if (now !== undefined) await follow(now);
    return everyMs;
  }

  /** Steers, and jumps while nothing is under way: a machine that has slept for hours would else be behind for days. */
  async function follow(now: number): Promise<void> {
    const behind = clock.steer(now);
    if (Math.abs(behind) <= toldMs) {
      offSince = undefined;
      return;
    }
    if (offSince === undefined)
      log.warn(
        { behindMs: Math.round(behind) },
        'the time has jumped; while tasks are under way it is followed slowly',
      );
    offSince ??= machine.elapsed();
    if (await isIdle(machine.elapsed() - offSince < patienceMs)) clock.set(now);
  }

  /**
   * Nothing is under way, or is about to begin at the time of before; nor, with `results`, has a result that may still be
   * asked for.
   */
  async function isIdle(results: boolean): Promise<boolean> {
    const at = clock.now();
    const { looks } = clock;
    const isStanding = await store.isAnyStanding(at, { results }).catch(() => true);
    return !isStanding && clock.looks === looks;
  }

  const now = await time();
  if (now !== undefined) clock.set(now);
  return startRounds(everyMs, steer);
}
