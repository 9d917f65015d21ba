/** The time, and waiting for it to pass. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** The longest time that a timer of the runtime can wait; beyond it ends at once. */
const longestTimerMs = 2 ** 31 - 1;

/** A signal that is aborted after so many milliseconds, or, where they are more than a timer can, after 24 days. */
export function after(ms: number): AbortSignal {
  return AbortSignal.timeout(timerMs(ms));
}

/** What is left of a deadline may be a fraction, or less than nothing. */
function timerMs(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), longestTimerMs);
}

/**
 * The same, until it is let go. Of a signal of the runtime's own timer that others are made of, and others of those, Node
 * forgets none: half a kilobyte for each task.
 */
export function deadline(ms: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const end = () => controller.abort(new DOMException('took too long', 'TimeoutError'));
  const timer = setTimeout(end, timerMs(ms));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

const firstPauseMs = 500;
const longestPauseMs = 15_000;

/** Milliseconds before attempt 1, 2, 3 …: twice as long each time, and spread so that clients do not come together. */
export function pauseBefore(attempt: number, random: () => number): number {
  const full = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
  return Math.round(full * (0.5 + random() / 2));
}
