import type { EngineName } from '../statement.ts';

/** Rows that one round of a sweep ends or forgets: requests that wait behind 200 do not notice, 1,000 took up to 61 ms. */
export const roundSize = 200;

/**
 * Tasks that one round ends: it keeps their accounts locked, in PostgreSQL for four round trips each, while what asks for
 * these at other servers gives up after a second.
 */
export const tasksInRound = (engine: EngineName): number => (engine === 'postgres' ? 10 : roundSize);

/** A round takes what is due between two times, both included. */
export interface Due {
  since: number;
  now: number;
}
