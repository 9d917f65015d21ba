import type { Clock } from '../clock.ts';
import { Fault } from '../fault.ts';
import type { Metrics } from '../metrics.ts';
import { RecentMap } from '../recentMap.ts';
import type { Config } from '../settings/config.ts';
import { neverLess, SlidingWindow } from './slidingWindow.ts';
import type { Caller } from './stages.ts';
import { Tally } from './tally.ts';

const subjectsPaced = 100_000;
/** No telling when a task will end; a second is what most take. */
const slotRetryMs = 1_000;

interface Limit {
  of: 'key' | 'package';
  subject: string;
  most: number;
}

/** Holds every key, or the package that it belongs to, to its rate and to its number of tasks at once. */
export class Pace {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #metrics: Pick<Metrics, 'countRefusal'>;
  readonly #requests = new RecentMap<string, SlidingWindow>(subjectsPaced);
  readonly #underway = new Tally();
  readonly #waiting = new Tally();

  constructor(parts: { config: Config; clock: Clock; metrics: Pick<Metrics, 'countRefusal'> }) {
    this.#config = parts.config;
    this.#clock = parts.clock;
    this.#metrics = parts.metrics;
  }

  /** Lets a request pass; refused ones are not counted. @throws Fault ERROR_RATE_LIMIT */
  countRequest({ arrived, principal }: Caller): void {
    const limit = limitOf(principal, 'rateLimit', this.#config.rateLimit);
    const window = this.#requests.getOrMake(limit.subject, () => new SlidingWindow(neverLess));
    const now = this.#clock.now();
    const left = limit.most - window.count(now);
    if (left > 0) window.add(now);
    const resetMs = window.msUntilFewer(now);
    arrived.aside.rate = { name: limit.of, most: limit.most, left: Math.max(0, left - 1), resetMs };
    if (left <= 0) this.#refuse('limit', `at most ${limit.most} requests in 60 s`, resetMs);
  }

  /** How many tasks of the caller may be under way at once. */
  roomFor(caller: Caller): number {
    return this.#placesOf(caller).most;
  }

  /** Takes a place for a task; each is given back with leave. @throws Fault ERROR_RATE_LIMIT */
  enter(caller: Caller): void {
    const limit = this.#placesOf(caller);
    if (!takePlace(this.#underway, limit))
      this.#refuse('concurrency', `at most ${limit.most} tasks at once`, slotRetryMs);
  }

  leave(caller: Pick<Caller, 'principal'>): void {
    this.#underway.remove(this.#placesOf(caller).subject);
  }

  /**
   * Takes a place for a poll that waits, of as many as there are for tasks; false where none is left. Without that
   * bound, few keys could hold every socket of the server.
   */
  enterWait(caller: Caller): boolean {
    return takePlace(this.#waiting, this.#placesOf(caller));
  }

  leaveWait(caller: Caller): void {
    this.#waiting.remove(this.#placesOf(caller).subject);
  }

  #placesOf({ principal }: Pick<Caller, 'principal'>): Limit {
    return limitOf(principal, 'concurrency', this.#config.concurrency);
  }

  #refuse(reason: 'limit' | 'concurrency', detail: string, retryAfterMs: number): never {
    this.#metrics.countRefusal(reason);
    throw new Fault('ERROR_RATE_LIMIT', { detail, retryAfterMs });
  }
}

function takePlace(places: Tally, { subject, most }: Limit): boolean {
  const isFree = places.of(subject) < most;
  if (isFree) places.add(subject);
  return isFree;
}

/** A package's limit holds for all its keys together. */
function limitOf(
  { key, package: pack }: Caller['principal'],
  name: 'rateLimit' | 'concurrency',
  standard: number,
): Limit {
  const own = pack?.[name] ?? null;
  if (pack === null || own === null) return { of: 'key', subject: key.id, most: standard };
  return { of: 'package', subject: pack.id, most: own };
}
