import { setImmediate as othersTurn } from 'node:timers/promises';

/**
 * Makes the function that waits for a turn of the event loop which nobody else who waits so has part in. All who wait for
 * `next` alone wait for the same turn, and go on in it one after the other.
 */
export function ownTurns(next: () => Promise<unknown> = othersTurn): () => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    last = last.then(next);
    return last;
  };
}

/** The process has one event loop. */
export const ownTurn = ownTurns();
