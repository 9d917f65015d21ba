import { Fault } from '../fault.ts';

/** What the queue must know of a waiting image. */
export interface Waiting {
  /** Equal for what may go through a net together: the same kind of work, on inputs of one shape. */
  batchKey: string;
  /** Milliseconds since 1970. */
  deadline: number;
  signal: AbortSignal;
  /** Whose it is: the images of all accounts are taken by turns. */
  account: string;
  bytes: number;
  /** Whether it goes through by itself: it is decoded long, no net takes several, or one of its batch has killed a thread. */
  alone: boolean;
}

/** Bytes of images that wait: hundreds of the largest would be gigabytes, with the requests that they stand in. */
const mostBytes = 256 * 2 ** 20;

/** The last image whose place is large enough, or else the largest: hundreds of small ones must not leave for one. */
function lastOfAtLeast<Entry extends Waiting>(bytes: number, entries: readonly Entry[]): Entry {
  const enough = entries.findLast((entry) => entry.bytes >= bytes);
  return enough ?? entries.reduce((largest, next) => (next.bytes >= largest.bytes ? next : largest));
}

interface Placed<Entry> {
  entry: Entry;
  round: number;
}

interface Share {
  images: number;
  bytes: number;
}

/** What is told to whom there is no room for. */
export function tooMany(retryAfterMs: number): Fault {
  return new Fault('ERROR_SERVICE_UNAVALIABLE', { detail: 'too many images are waiting', retryAfterMs });
}

/**
 * Images that wait for a thread; never more than `limit`. Accounts take turns, so that nobody waits behind all that
 * another has sent: each image stands behind its account's last one, and no further than a round behind what is taken
 * now (start-time fair queuing, Goyal et al. 1996).
 */
export class WorkQueue<Entry extends Waiting> {
  readonly #limit: number;
  readonly #mostBytes: number;
  /** By round; of one round, whoever came first is first. */
  #entries: Placed<Entry>[] = [];
  #bytes = 0;
  /** Of the image whose turn it was last. */
  #round = 0;
  /** The round up to which each account has had its turns, by what its images have cost. */
  readonly #hadUntil = new Map<string, number>();

  constructor(limit: number, bytes = mostBytes) {
    this.#limit = limit;
    this.#mostBytes = bytes;
  }

  get length(): number {
    return this.#entries.length;
  }

  /**
   * Refuses at once when full: a client that is told so can go elsewhere or come back. But whoever has less waiting than
   * another takes a place from the one who has most, or one account could keep all others out. Returns what had to leave.
   * @throws Fault ERROR_SERVICE_UNAVALIABLE, with the time after which a retry may succeed
   */
  add(entry: Entry, retryAfterMs: number): Entry[] {
    const leaving = this.#roomFor(entry);
    if (leaving === undefined) throw tooMany(retryAfterMs);
    if (leaving.length > 0) this.remove((other) => leaving.includes(other));
    const last = this.#entries.findLast((other) => other.entry.account === entry.account);
    const round = Math.max(this.#startOf(entry.account), last?.round ?? 0) + 1;
    const before = this.#entries.findLastIndex((other) => other.round <= round);
    this.#entries.splice(before + 1, 0, { entry, round });
    this.#bytes += entry.bytes;
    return leaving;
  }

  /** The images that must leave for one to come in, mostly none; undefined where it may not drive out so many. */
  #roomFor({ account, bytes }: Entry): Entry[] | undefined {
    const leaving: Entry[] = [];
    let sum = this.#bytes;
    const isFull = (count: number) => count >= this.#limit || (count > 0 && sum + bytes > this.#mostBytes);
    while (isFull(this.#entries.length - leaving.length)) {
      const staying = this.#entries.map(({ entry }) => entry).filter((entry) => !leaving.includes(entry));
      const shares = this.#shares(staying);
      const own = shares.get(account) ?? { images: 0, bytes: 0 };
      const mine = this.#partOf({ images: own.images + 1, bytes: own.bytes + bytes });
      const [greatest, share] = [...shares].reduce((most, next) =>
        this.#partOf(next[1]) > this.#partOf(most[1]) ? next : most,
      );
      // The only image of an account is never driven out.
      if (share.images < 2 || mine >= this.#partOf(share)) return undefined;
      const theirs = staying.filter((entry) => entry.account === greatest);
      const goes = lastOfAtLeast(sum + bytes - this.#mostBytes, theirs);
      leaving.push(goes);
      sum -= goes.bytes;
    }
    return leaving;
  }

  #shares(entries: readonly Entry[]): Map<string, Share> {
    const shares = new Map<string, Share>();
    for (const { account, bytes } of entries) {
      const before = shares.get(account) ?? { images: 0, bytes: 0 };
      shares.set(account, { images: before.images + 1, bytes: before.bytes + bytes });
    }
    return shares;
  }

  /** Part of the whole queue that a share takes, by what is scarcer. */
  #partOf({ images, bytes }: Share): number {
    return Math.max(images / this.#limit, bytes / this.#mostBytes);
  }

  /**
   * Lets all images of an account that wait or are to come stand so many rounds later: what it has had took so many times
   * as long as usual, and a round is a turn of the others.
   */
  charge(account: string, rounds: number): void {
    // Nobody waits, and nobody is behind anybody.
    if (this.#entries.length === 0) return;
    this.#hadUntil.set(account, this.#startOf(account) + rounds);
    const moved: Placed<Entry>[] = [];
    const entries: Placed<Entry>[] = [];
    let at = 0;
    // Sorting would take several times as long, for nearly every image that is read.
    for (const waiting of this.#entries) {
      while (at < moved.length && moved[at]!.round < waiting.round) entries.push(moved[at++]!);
      if (waiting.entry.account !== account) entries.push(waiting);
      else moved.push({ entry: waiting.entry, round: waiting.round + rounds });
    }
    while (at < moved.length) entries.push(moved[at++]!);
    this.#entries = entries;
  }

  /** The round behind which an account stands that has nothing waiting. */
  #startOf(account: string): number {
    return Math.max(this.#round, this.#hadUntil.get(account) ?? 0);
  }

  /** Puts images back in front of all others, after the thread that had them died. */
  putBack(entries: Entry[]): void {
    this.#entries.unshift(...entries.map((entry) => ({ entry, round: this.#round })));
    for (const { bytes } of entries) this.#bytes += bytes;
  }

  /**
   * The image whose turn it is and what waits with its batch key, at most `most`: nothing waits for a batch to fill. And no
   * more than one thread's share, of so many: further looks take an image ten times as long, and whoever had taken all
   * would still be at it when the others have long been idle. Nothing goes along of another account that has had
   * far more than its turns: the whole batch would wait for images that are known to be slow.
   */
  take(most: number, threads = 1): Entry[] {
    const share = Math.min(Math.ceil(this.#entries.length / threads), most);
    const first = this.#entries[0];
    if (!first) return [];
    const { batchKey, alone, account } = first.entry;
    const turns = this.#turns();
    // Fewer rounds than two batches' are no sign: an account's own batch takes one, and further looks at some of it another.
    const isDue = (other: string) => other === account || turns.get(other)! <= first.round + 2 * most;
    const fitsIn = ({ entry }: Placed<Entry>) =>
      entry.batchKey === batchKey && !entry.alone && isDue(entry.account);
    const batch = alone ? [first] : this.#entries.filter(fitsIn).slice(0, share);
    this.#round = first.round;
    for (const { entry, round } of batch)
      this.#hadUntil.set(entry.account, Math.max(this.#startOf(entry.account), round));
    const taken = batch.map(({ entry }) => entry);
    this.#takeOut(taken);
    return taken;
  }

  /**
   * The round of each account's next turn. What it has had until tells less: of its images a batch takes those of one shape,
   * wherever they stand, and where shapes are many that is far behind its next.
   */
  #turns(): Map<string, number> {
    const turns = new Map<string, number>();
    for (const { entry, round } of this.#entries)
      if (!turns.has(entry.account)) turns.set(entry.account, round);
    return turns;
  }

  /** Takes out all that match, whose rounds are then as if they had never come. */
  remove(matches: (entry: Entry) => boolean): Entry[] {
    const removed = this.#entries.map(({ entry }) => entry).filter(matches);
    if (removed.length > 0) this.#takeOut(removed);
    return removed;
  }

  #takeOut(entries: readonly Entry[]): void {
    const gone = new Set(entries);
    this.#entries = this.#entries.filter(({ entry }) => !gone.has(entry));
    for (const { bytes } of entries) this.#bytes -= bytes;
    // Nobody is behind anybody any more.
    if (this.#entries.length === 0) this.#hadUntil.clear();
  }
}
