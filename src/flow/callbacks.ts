import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { callbackSecret } from '../key.ts';
import type { CallbackResult, Metrics } from '../metrics.ts';
import { signWebhook } from '../outbound/webhook.ts';
import type { Callback } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { SiteRules } from '../tasks/site.ts';
import type { Engines } from '../tasks/task.ts';
import { resultOf } from './result.ts';
import type { MessageOf } from './stages.ts';
import { Tally } from './tally.ts';

export interface CallbackParts {
  clock: Clock;
  /** Milliseconds since 1970 by the machine: whoever is called compares it with a time of its own, within minutes. */
  machineTime: () => number;
  store: Pick<Store, 'takeCallback' | 'endCallback'>;
  engines: Pick<Engines, 'web'>;
  sites: Pick<SiteRules, 'parse'>;
  messageOf: MessageOf;
  pepper: string;
  log: Logger;
  metrics: Pick<Metrics, 'countCallback'>;
  /** From 0 to 1. */
  random: () => number;
}

/** What another process has left, or a retry that is due, is found by looking. */
const lookMs = 1_000;
/** Before the second, third, … attempt, give or take a tenth; after the last there is none. */
const pauses = [5_000, 30_000, 120_000, 300_000];
/** A call ends after 10 s at the latest: whoever has not ended it by then is dead. */
const lostMs = 30_000;
const mostAtOnce = 32;
const mostByHost = 4;
/** One key may name a thousand hosts that never answer. */
const mostByKey = 8;
/** Of these, those that hosts which did not answer last may have: a few such hosts would else have all. */
const mostUnanswered = 4;
/** Keys with such hosts that are known, the last ones. */
const mostKnown = 500;
/** Places that are left to keys which have none: four such keys would else have all. */
const keptFree = 8;
/** How long a stopping server goes on sending; what is then left, the next start sends. */
const lingerMs = 2_000;

/** Sends results to the URLs that their clients named, from the outbox in the store; at least once each. */
export class CallbackSender {
  readonly #parts: CallbackParts;
  /** Calls under way, by host and by key. */
  readonly #byHost = new Tally();
  readonly #byKey = new Tally();
  /** Keys with hosts that did not answer them last. */
  readonly #unanswered = new Set<string>();
  /** Calls under way to such hosts, by key. */
  readonly #doubtful = new Tally();
  readonly #underway = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  /** Keys that had all the calls they may when the last look found nothing else; none once a call has ended since. */
  #passedOver: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: CallbackParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), lookMs).unref();
    this.look();
  }

  /** Sends what is due. Never waits, and nobody waits for it. */
  look(): void {
    this.#lookAgain = this.#looking !== undefined;
    if (this.#lookAgain || this.#stop.signal.aborted) return;
    this.#looking = this.#sendDue()
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'callbacks could not be taken up'))
      .finally(() => {
        this.#looking = undefined;
        if (this.#lookAgain) this.look();
      });
  }

  /**
   * Sends what is due now that a result of this key has come; not where that must wait for other calls of its key: each
   * look walks past all the results of busy keys.
   */
  lookFor(keyId: string): void {
    if (!this.#passedOver.includes(keyId)) this.look();
  }

  /** Sends on for a moment, and then lets go of what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const timer = setTimeout(() => this.#stop.abort(), lingerMs);
    while (this.#underway.size > 0 || this.#looking !== undefined)
      await Promise.all([...this.#underway, this.#looking]);
    clearTimeout(timer);
    this.#stop.abort();
  }

  /** Sends nothing any more, and lets go of what is under way. */
  abandon(): void {
    this.#stop.abort();
  }

  async #sendDue(): Promise<void> {
    const { store, clock } = this.#parts;
    while (this.#underway.size < mostAtOnce && !this.#stop.signal.aborted) {
      const now = clock.now();
      const busyHosts = this.#byHost.atLeast(mostByHost);
      const busyKeys = this.#byKey.atLeast(mostAtOnce - this.#underway.size > keptFree ? mostByKey : 1);
      const busyPairs = this.#unansweredBy(this.#doubtful.atLeast(mostUnanswered));
      const busy = { busyHosts, busyKeys, busyPairs };
      const callback = await store.takeCallback({ now, lostAt: now + lostMs, ...busy });
      this.#passedOver = callback === undefined ? busyKeys : [];
      if (callback === undefined) return;
      const { host, keyId } = callback;
      this.#byHost.add(host);
      this.#byKey.add(keyId);
      const isDoubtful = this.#unanswered.has(pairOf(callback));
      if (isDoubtful) this.#doubtful.add(keyId);
      const sent = this.#send(callback).finally(() => {
        this.#byHost.remove(host);
        this.#byKey.remove(keyId);
        if (isDoubtful) this.#doubtful.remove(keyId);
        this.#underway.delete(sent);
        this.#passedOver = [];
        this.look();
      });
      this.#underway.add(sent);
    }
  }

  /** Never rejects: what could not be written is borrowed, and due again when that time is over. */
  async #send(callback: Callback): Promise<void> {
    const { log } = this.#parts;
    const { taskId, attempts } = callback;
    const result = await this.#attempt(callback).catch((error: unknown) => {
      log.error({ err: error, taskId }, 'a callback could not be sent');
      return failureAfter(attempts);
    });
    try {
      await this.#end(callback, result);
    } catch (error) {
      log.error({ err: error, taskId }, 'the end of a callback could not be written; it will be sent again');
    }
  }

  async #end({ taskId, attempts }: Callback, result: CallbackResult): Promise<void> {
    const { store, log, metrics } = this.#parts;
    // Cut off by our own stop: it is due again as if this process had died.
    if (result !== 'delivered' && this.#stop.signal.aborted) return;
    metrics.countCallback(result);
    if (result === 'given_up' || result === 'gone')
      log.warn({ taskId, attempts, result }, 'a callback has failed');
    const nextAt = result === 'failed' ? this.#nextAt(attempts) : null;
    await store.endCallback({ taskId, attempts, nextAt });
  }

  async #attempt(callback: Callback): Promise<CallbackResult> {
    const { machineTime, engines, sites, pepper, messageOf } = this.#parts;
    const { keyId, attempts } = callback;
    const state = callback.solution === null ? 'failed' : 'ready';
    const { id, type, body } = messageOf(resultOf({ ...callback, state }), callback);
    const failed = failureAfter(attempts);
    // Once more: what was allowed when the task came may be forbidden since.
    const url = sites.parse(callback.url);
    if (url === undefined) return failed;
    const signature = signWebhook({ id, body, at: machineTime() }, callbackSecret(keyId, pepper));
    const headers = { 'content-type': type, ...signature };
    const { signal } = this.#stop;
    const outcome = await engines.web.call({ method: 'POST', url, headers, body, statusOnly: true, signal });
    this.#note(pairOf(callback), outcome.kind === 'answered');
    if (outcome.kind !== 'answered') return failed;
    if (outcome.status >= 200 && outcome.status < 300) return 'delivered';
    return outcome.status === 410 ? 'gone' : failed;
  }

  #note(pair: string, isAnswered: boolean): void {
    this.#unanswered.delete(pair);
    if (isAnswered) return;
    this.#unanswered.add(pair);
    const [oldest] = this.#unanswered;
    if (this.#unanswered.size > mostKnown) this.#unanswered.delete(oldest!);
  }

  #unansweredBy(keyIds: readonly string[]): string[] {
    return [...this.#unanswered].filter((pair) => keyIds.some((keyId) => pair.startsWith(`${keyId} `)));
  }

  #nextAt(attempts: number): number {
    const pause = pauses[attempts - 1] ?? pauses.at(-1)!;
    return this.#parts.clock.now() + Math.round(pause * (0.9 + 0.2 * this.#parts.random()));
  }
}

/** As the store compares them: a key's id and a host, a blank between. */
function pairOf({ keyId, host }: Callback): string {
  return `${keyId} ${host}`;
}

/** Whether a call that has failed so often is tried once more. */
function failureAfter(attempts: number): CallbackResult {
  return attempts > pauses.length ? 'given_up' : 'failed';
}
