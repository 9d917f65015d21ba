import type { Clock, SteadyClock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { type Rounds, startRounds } from './rounds.ts';

const everyMs = 1_000;
/** A greater difference is told to the log, once until it has been made good. */
const toldMs = 1_000;
/** A server that starts asks again, a few times, until it knows the time to so many milliseconds. */
const wellKnownMs = 250;
const mostAsked = 5;
/** For how long results that may still be asked for put a jump off: where tasks never cease, there always are some. */
const patienceMs = 600_000;

interface Reading {
  /** What is added to `elapsed` to get the time: by the time it is used, the time has gone on. */
  offset: number;
  /** The milliseconds by which it may be wrong, either way. */
  within: number;
  /** By how many milliseconds it is ahead of the machine's own. */
  ahead: number;
}

interface Timekeeper extends Rounds {
  /** By how many milliseconds the time was certainly behind when it was looked at last. */
  readonly behindMs: number;
}

/**
 * Keeps the server's time on that of the database, where several processes share one, so that none ends what another works
 * on; else on the machine's. Resolves once the time is known. @throws when the database does not tell it
 */
export async function startTimekeeper(
  clock: SteadyClock,
  machine: Clock,
  store: Pick<Store, 'sharedTime' | 'isAnyStanding'>,
  log: Log,
): Promise<Timekeeper> {
  /** By `elapsed`. */
  let offSince: number | undefined;
  let behindMs = 0;
  /** As it was while the time was right. */
  let usuallyAhead = 0;

  async function read(): Promise<Reading> {
    const asked = machine.elapsed();
    const shared = await store.sharedTime();
    const answered = machine.elapsed();
    const now = machine.now();
    if (shared === undefined) return { offset: now - answered, within: 0, ahead: 0 };
    // It was read somewhere between.
    const within = (answered - asked) / 2;
    return { offset: shared + within - answered, within, ahead: shared + within - now };
  }

  /** The first answer also waits for a connection to be made: the next ones tell more. */
  async function firstReading(): Promise<Reading> {
    let best = await read();
    for (let asked = 1; asked < mostAsked && best.within > wellKnownMs; asked++) {
      const next = await read();
      if (next.within < best.within) best = next;
    }
    return best;
  }

  async function steer(): Promise<number> {
    // A database that is away has been told to the log by others.
    const reading = await read().catch(() => undefined);
    if (reading !== undefined) await follow(reading);
    return everyMs;
  }

  /** Steers, and jumps while nothing is under way: a machine that has slept for hours would else be behind for days. */
  async function follow({ offset, within, ahead }: Reading): Promise<void> {
    behindMs = clock.steer(machine.elapsed() + offset, within);
    if (Math.abs(behindMs) <= toldMs) {
      offSince = undefined;
      usuallyAhead = ahead;
      return;
    }
    if (offSince === undefined)
      log.warn(
        { behindMs: Math.round(behindMs) },
        'the time has jumped; while tasks are under way it is followed slowly',
      );
    offSince ??= machine.elapsed();
    const results = machine.elapsed() - offSince < patienceMs;
    // Who has slept is alone in being behind. Where it was the database's time that jumped, all are, and who went by it
    // first would end what the others work on.
    const haveSlept = Math.abs(ahead - usuallyAhead) <= toldMs;
    if (!(await isIdle({ results, ofOthers: !haveSlept }))) return;
    clock.set(machine.elapsed() + offset);
    behindMs = 0;
  }

  /**
   * Nothing is under way, or is about to begin at the time of before; nor, with `results`, has a result that may still be
   * asked for. With `ofOthers`, at no server.
   */
  async function isIdle(which: { results: boolean; ofOthers: boolean }): Promise<boolean> {
    const at = clock.now();
    const { looks } = clock;
    const isStanding = await store.isAnyStanding(at, which).catch(() => true);
    return !isStanding && clock.looks === looks;
  }

  const { offset, within, ahead } = await firstReading();
  usuallyAhead = ahead;
  if (within > wellKnownMs)
    log.warn(
      { withinMs: Math.round(within) },
      'the database answers slowly: its time is not known any better',
    );
  clock.set(machine.elapsed() + offset);
  const rounds = startRounds(everyMs, steer);
  return {
    get isStopped() {
      return rounds.isStopped;
    },
    stop: () => rounds.stop(),
    get behindMs() {
      return behindMs;
    },
  };
}
