export interface Rounds {
  readonly isStopped: boolean;
  /** Begins none any more, and waits for the one under way. */
  stop(): Promise<void>;
}

/**
 * Does the same work again and again: first after so many milliseconds, and then, once it has ended, after as many as it
 * says. It must not reject.
 */
export function startRounds(firstMs: number, work: () => Promise<number>): Rounds {
  let isStopped = false;
  let round = Promise.resolve();
  let timer: NodeJS.Timeout;

  function schedule(ms: number): void {
    if (isStopped) return;
    timer = setTimeout(() => {
      round = work().then(schedule);
    }, ms);
  }

  schedule(firstMs);
  return {
    get isStopped() {
      return isStopped;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
