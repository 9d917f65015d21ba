import type { Logger } from 'pino';
import { type Clock, skewMs } from '../clock.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { Fault } from '../fault.ts';
import type { Metrics } from '../metrics.ts';
import { RecentMap } from '../recentMap.ts';
import type { Config } from '../settings/config.ts';
import { milliseconds } from '../settings/milliseconds.ts';
import { type Ban, type BanKind, banMemoryMs } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { type Network, networksOf } from './network.ts';
import { neverMore, SlidingWindow } from './slidingWindow.ts';

const subjectsWatched = 100_000;
const forgetEveryMs = 60_000;
const refreshMs = 1_000;
/** Of bans that could not be saved: after a long outage there may be thousands, and in PostgreSQL money waits behind them. */
const savedAtOnce = 100;

interface ProtectionParts {
  config: Config;
  clock: Clock;
  store: Pick<Store, 'banChanges' | 'saveBan'>;
  log: Logger;
  metrics: Pick<Metrics, 'countRefusal'>;
}

/** Bans addresses and blocks keys that make too many mistakes, and remembers both over a restart. */
export class Protection {
  readonly #parts: ProtectionParts;
  /** Those that last, and those of the last 24 hours: they make the next one longer. */
  readonly #bans = new Map<string, Ban>();
  /** Bans made here that the store is not known to hold: what it tells of their subjects may be older. */
  readonly #unsaved = new Map<string, Ban>();
  /** Those of them whose saving has failed, to be saved again: else other servers would not hear of them. */
  readonly #failed: Ban[] = [];
  readonly #errors = new RecentMap<string, SlidingWindow>(subjectsWatched);
  /** Number of the last change in the store that was taken over. */
  #upTo = -1;
  #refreshing: Promise<void> | undefined;
  #forgottenAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ProtectionParts) {
    this.#parts = parts;
  }

  /** Reads the bans, and every second what has become of them. Rejects where they cannot be read now. */
  async start(): Promise<void> {
    await this.refresh();
    const { log } = this.#parts;
    const refresh = () =>
      this.refresh().catch((error: unknown) => log.error({ err: error }, 'bans could not be read'));
    this.#timer = setInterval(refresh, refreshMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Fault ERROR_IP_BANNED, which it counts as a refusal, while the address or an IPv6 network that it lies in is banned. */
  refusalOf(address: string): Fault | undefined {
    if (this.#bans.size === 0) return undefined;
    const left = Math.max(...networksOf(address).map(({ name }) => this.#msLeft('address', name)));
    if (left <= 0) return undefined;
    this.#parts.metrics.countRefusal('ban');
    return new Fault('ERROR_IP_BANNED', { retryAfterMs: left });
  }

  /** @throws Fault ERROR_IP_BANNED as refusalOf tells */
  refuseBanned(address: string): void {
    const refusal = this.refusalOf(address);
    if (refusal !== undefined) throw refusal;
  }

  /** @throws Fault ERROR_KEY_TEMP_BLOCKED while the key is blocked */
  refuseBlocked(keyId: string): void {
    if (this.#bans.size === 0) return;
    const left = this.#msLeft('key', keyId);
    if (left <= 0) return;
    this.#parts.metrics.countRefusal('block');
    throw new Fault('ERROR_KEY_TEMP_BLOCKED', { retryAfterMs: left });
  }

  /** Counts one answered error against the address; the error table says which count. */
  countForAddress(address: string, code: ErrorCode): void {
    if (!errorTable[code].countsToBan) return;
    const { banErrors, banSeconds } = this.#parts.config;
    const networks = networksOf(address);
    // Requests already under way when a ban fell must neither make it longer nor bring on a wider one.
    if (networks.some(({ name }) => this.#msLeft('address', name) > 0)) return;
    const [own, ...wider] = networks as [Network, ...Network[]];
    this.#count('address', own.name, banErrors, banSeconds);
    // Bounded, since an address that goes on after each short ban would else have its neighbours banned in the end.
    if (wider.length === 0 || !this.#passOn(own.name, banErrors)) return;
    for (const { name, share } of wider) this.#count('address', name, banErrors * share, banSeconds);
  }

  /** Notes that an error counts for the wider networks too; false once as many have as ban the network itself. */
  #passOn(network: string, most: number): boolean {
    const passed = this.#errors.getOrMake(`passed on ${network}`, () => new SlidingWindow(neverMore));
    const now = this.#parts.clock.now();
    if (passed.count(now) >= most) return false;
    passed.add(now);
    return true;
  }

  /** Counts one answered error against the key; the error table says which count. */
  countForKey(keyId: string, code: ErrorCode): void {
    if (!errorTable[code].countsToBlock) return;
    const { blockErrors, blockSeconds } = this.#parts.config;
    if (this.#msLeft('key', keyId) > 0) return;
    this.#count('key', keyId, blockErrors, [blockSeconds]);
  }

  /**
   * Takes over what has changed in the store: bans of before a restart or of other nodes appear, lifted ones go. While that
   * is under way, asking again is the same.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#readChanges().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #readChanges(): Promise<void> {
    for (let more = true; more; ) {
      const changes = await this.#parts.store.banChanges(this.#upTo);
      if (changes.isAnew) this.#startAnew();
      for (const ban of changes.bans) this.#takeOver(ban);
      this.#upTo = changes.upTo;
      more = changes.more;
    }
    this.#forgetOld();
    for (const ban of this.#failed.splice(0, savedAtOnce))
      if (this.#isUnsaved(ban)) this.#save(ban).catch(() => {});
  }

  #isUnsaved(ban: Ban): boolean {
    return this.#unsaved.get(nameOf(ban.kind, ban.subject)) === ban;
  }

  /** Rejects where it cannot be saved now; then it is tried again. */
  async #save(ban: Ban): Promise<void> {
    try {
      await this.#parts.store.saveBan(ban);
      if (this.#isUnsaved(ban)) this.#unsaved.delete(nameOf(ban.kind, ban.subject));
    } catch (error) {
      this.#failed.push(ban);
      throw error;
    }
  }

  #startAnew(): void {
    this.#bans.clear();
    for (const [name, ban] of this.#unsaved) this.#bans.set(name, ban);
  }

  #takeOver(ban: Ban): void {
    const name = nameOf(ban.kind, ban.subject);
    const unsaved = this.#unsaved.get(name);
    // An older one is from before ours was saved; one that began at the same time is ours, or tells that it was lifted.
    if (unsaved !== undefined && ban.since < unsaved.since) return;
    this.#unsaved.delete(name);
    if (ban.count === 0) this.#bans.delete(name);
    else this.#bans.set(name, ban);
  }

  /** Forgets bans that make no later one longer any more. */
  #forgetOld(): void {
    const now = this.#parts.clock.now();
    for (const [name, { until }] of this.#unsaved) if (until <= now) this.#unsaved.delete(name);
    if (Math.abs(now - this.#forgottenAt) < forgetEveryMs) return;
    this.#forgottenAt = now;
    for (const [name, { until }] of this.#bans) if (until + banMemoryMs <= now) this.#bans.delete(name);
  }

  get bannedAddresses(): number {
    return this.#countActive('address');
  }

  get blockedKeys(): number {
    return this.#countActive('key');
  }

  #countActive(kind: BanKind): number {
    const now = this.#parts.clock.now();
    let active = 0;
    for (const ban of this.#bans.values()) if (ban.kind === kind && msLeft(ban, now) > 0) active++;
    return active;
  }

  #msLeft(kind: BanKind, subject: string): number {
    const ban = this.#bans.get(nameOf(kind, subject));
    return ban === undefined ? 0 : msLeft(ban, this.#parts.clock.now());
  }

  #count(kind: BanKind, subject: string, limit: number, ladder: number[]): void {
    const now = this.#parts.clock.now();
    const name = nameOf(kind, subject);
    const errors = this.#errors.getOrMake(name, () => new SlidingWindow(neverMore));
    errors.add(now);
    if (errors.count(now) < limit) return;
    this.#errors.delete(name);
    const earlier = this.#bans.get(name);
    const count = earlier !== undefined && now - earlier.until < banMemoryMs ? earlier.count + 1 : 1;
    const seconds = ladder[Math.min(count, ladder.length) - 1]!;
    this.#ban({ kind, subject, since: now, until: now + milliseconds(seconds), count });
  }

  #ban(ban: Ban): void {
    const name = nameOf(ban.kind, ban.subject);
    this.#bans.set(name, ban);
    this.#unsaved.set(name, ban);
    const { kind, subject, count, until } = ban;
    const says = kind === 'key' ? 'a key is blocked for too many errors' : 'banned for too many errors';
    this.#parts.log.warn({ kind, subject, count, until }, says);
    this.#save(ban).catch((error: unknown) =>
      this.#parts.log.error({ err: error }, 'a ban could not be saved; until it can be it holds here alone'),
    );
  }
}

/** 0 for a ban that begins well after `now`: a wrong clock has set it, and it could last for years. */
function msLeft({ since, until }: Ban, now: number): number {
  return since > now + skewMs ? 0 : until - now;
}

function nameOf(kind: BanKind, subject: string): string {
  return `${kind} ${subject}`;
}
