import { causeForLog, Fault } from '../fault.ts';
import type { TakenTask } from '../store/records.ts';
import { EndedInTurn } from './endedInTurn.ts';
import { solveAndSettle } from './solveAndSettle.ts';
import type { Held } from './stages.ts';
import type { Steps } from './steps.ts';
import { Tally } from './tally.ts';
import { isOurs } from './unavailable.ts';

/** Tasks that were queued before a restart, or by another process, are found by looking. */
const lookMs = 1_000;
/** A commit whose answer was lost may yet come about for so long. */
const doubtMs = 10_000;
/** Most of them wait for a site or for a thread, which costs next to nothing. */
const mostAtOnce = 64;
/** An account with more than these comes after all others: tasks that nobody can solve last until their deadline. */
const mostByAccount = 4;
/** And when nobody else waits it may have more, but leaves these to whoever comes next. */
const keptFree = 32;

/**
 * Takes queued tasks up and works on them. The row in the store is the queue; what this process knows of it
 * is only a reason to look.
 */
export class Worker {
  readonly #steps: Steps;
  /** Tasks that were asked for here, each of which takes a place of its key until it ends. */
  readonly #expected = new Map<string, { deadline: number; onEnd: () => void }>();
  readonly #ended: EndedInTurn;
  /** How many tasks of each account are worked on, and which. */
  readonly #working = new Tally();
  readonly #taken = new Set<string>();
  /** By `Clock.elapsed`: until then the store may have lent a task of which this process has not heard. */
  #doubtUntil = 0;
  #looking = false;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(steps: Steps) {
    this.#steps = steps;
    this.#ended = new EndedInTurn(this.#expected, steps.store);
  }

  start(): void {
    this.#timer = setInterval(() => {
      void this.#forgetEnded();
      this.#look();
    }, lookMs).unref();
    this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A task has just been queued; `onEnd` is called when it ends, wherever it is worked on. */
  expect({ taskId, deadline }: Held, onEnd: () => void): void {
    this.#expected.set(taskId, { deadline, onEnd });
    this.#look();
  }

  #look(): void {
    this.#lookAgain = this.#looking;
    if (this.#looking) return;
    this.#looking = true;
    this.#takeAll()
      .catch((error: unknown) => {
        this.#doubtUntil = this.#steps.clock.elapsed() + doubtMs;
        this.#steps.log.error({ err: error }, 'queued tasks could not be taken up');
      })
      .finally(() => {
        this.#looking = false;
        // Something was queued after the store had said that nothing was.
        if (this.#lookAgain) this.#look();
      });
  }

  async #takeAll(): Promise<void> {
    const { underway, handBack, store, clock } = this.#steps;
    // Between two looks nothing is being taken, so that what is not known here is lost.
    if (clock.elapsed() < this.#doubtUntil) await store.reclaim([...this.#taken]);
    while (!underway.isDraining) {
      const taken = await this.#take();
      if (taken === undefined) return;
      // A drain may have begun, and even ended, while the store was asked.
      if (underway.isDraining) return handBack({ ...taken, requestId: undefined });
      this.#working.add(taken.accountId);
      this.#taken.add(taken.taskId);
      const leave = underway.enter();
      this.#work(taken).finally(() => {
        this.#working.remove(taken.accountId);
        this.#taken.delete(taken.taskId);
        leave();
        this.#end(taken.taskId);
        this.#look();
      });
    }
  }

  /** What is due first, of the accounts that have few tasks under way before all others. */
  async #take(): Promise<TakenTask | undefined> {
    const { store, clock } = this.#steps;
    const places = mostAtOnce - this.#working.total;
    if (places === 0) return undefined;
    const busyAccounts = this.#working.atLeast(mostByAccount);
    const taken = await store.take({ now: clock.now(), busyAccounts });
    if (taken !== undefined || busyAccounts.length === 0 || places <= keptFree) return taken;
    return store.take({ now: clock.now(), busyAccounts: [] });
  }

  /** Never rejects: the failure of a task is its result, and what is our own fault is logged. */
  async #work(taken: TakenTask): Promise<void> {
    const { log, release } = this.#steps;
    const { taskId } = taken;
    try {
      const held = this.#heldOf(taken);
      await solveAndSettle(this.#steps, held, new AbortController());
    } catch (error) {
      if (!(error instanceof Fault) || isOurs(error))
        log.error({ err: error, taskId }, 'a queued task failed by our own fault');
      else {
        const { code, detail } = error;
        log.debug({ taskId, code, detail, cause: causeForLog(error) }, 'a queued task failed');
      }
      if (error instanceof Fault) return;
      // solveAndSettle has released it, unless heldOf threw before it; a second release changes nothing.
      await release({ ...taken, requestId: undefined }, error);
    }
  }

  /** @throws Error when the row was queued by a version that knew other types or other fields */
  #heldOf({ type: name, payload, ...taken }: TakenTask): Held {
    const type = this.#steps.typeNamed(name);
    if (type === undefined) throw new Error(`queued as ${name}, which this server does not know`);
    const input: unknown = type.input.parse(JSON.parse(payload ?? 'null'));
    const startedAt = this.#steps.clock.now();
    return { ...taken, number: undefined, isQueued: true, type, input, startedAt, requestId: undefined };
  }

  #end(taskId: string): void {
    this.#expected.get(taskId)?.onEnd();
    this.#expected.delete(taskId);
  }

  /** What another process has worked on, or the sweep has ended, calls nobody here. */
  async #forgetEnded(): Promise<void> {
    const { clock, log } = this.#steps;
    const now = clock.now();
    for (const [taskId, { deadline }] of this.#expected) if (deadline <= now) this.#end(taskId);
    try {
      await this.#ended.look((taskId) => this.#end(taskId));
    } catch (error) {
      log.error({ err: error }, 'the ends of queued tasks could not be looked up');
    }
  }
}
