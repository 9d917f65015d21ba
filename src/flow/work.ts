import { Fault } from '../fault.ts';
import type { TakenTask } from '../store/store.ts';
import { answer } from './answer.ts';
import type { Held } from './stages.ts';
import type { Steps } from './steps.ts';

/** Tasks that were queued before a restart, or by another process, are found by looking. */
const lookMs = 1_000;
const tasksAtOnce = 16;

/**
 * Takes queued tasks up and works on them. The row in the store is the queue; what this process knows of it
 * is only a reason to look.
 */
export class Worker {
  readonly #steps: Steps;
  /** What the tasks that were asked for here still owe the limit of their key. */
  readonly #expected = new Map<string, { deadline: number; onEnd: () => void }>();
  #working = 0;
  #looking = false;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#forgetOverdue();
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
      .catch((error: unknown) => this.#steps.log.error({ err: error }, 'queued tasks could not be taken up'))
      .finally(() => {
        this.#looking = false;
        // Something was queued after the store had said that nothing was.
        if (this.#lookAgain) this.#look();
      });
  }

  async #takeAll(): Promise<void> {
    const { store, clock, underway, handBack } = this.#steps;
    while (this.#working < tasksAtOnce && !underway.isDraining) {
      const taken = await store.take(clock.now());
      if (taken === undefined) return;
      // A drain may have begun, and even ended, while the store was asked.
      if (underway.isDraining) return handBack({ ...taken, requestId: undefined });
      this.#working++;
      const leave = underway.enter();
      this.#work(taken).finally(() => {
        this.#working--;
        leave();
        this.#end(taken.taskId);
        this.#look();
      });
    }
  }

  /** Never rejects: the failure of a task is its result, and what is our own fault is logged. */
  async #work(taken: TakenTask): Promise<void> {
    const { log, release } = this.#steps;
    const { taskId } = taken;
    try {
      const held = this.#heldOf(taken);
      await answer(this.#steps, held, new AbortController());
    } catch (error) {
      if (error instanceof Fault) return;
      log.error({ err: error, taskId }, 'a queued task failed by our own fault');
      // Again where answer did it already: then it changes nothing.
      await release({ ...taken, requestId: undefined }, error);
    }
  }

  /** @throws Error when the row was queued by a version that knew other types or other fields */
  #heldOf({ type: name, payload, module: _, ...taken }: TakenTask): Held {
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

  #forgetOverdue(): void {
    const now = this.#steps.clock.now();
    for (const [taskId, { deadline }] of this.#expected) if (deadline <= now) this.#end(taskId);
  }
}
