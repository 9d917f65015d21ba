import type { EngineName } from '../statement.ts';

/** Rows that one round of a sweep ends or forgets: requests that wait behind 200 do not notice, 1,000 took up to 61 ms. */
export const roundSize = 200;

/**
 * Tasks that one round ends: it keeps their accounts locked, in PostgreSQL for four round trips each, while what asks for
 * these at other servers gives up after a second.
 */
export const tasksInRound = (engine: EngineName): number => (engine === 'postgres' ? 10 : roundSize);

/** A task that is open, and whose it is. */
export interface OpenTask {
  taskId: string;
  accountId: string;
}

/** Tasks that are left as they are, by their ids. */
export interface Except {
  except?: readonly string[];
}

/** As a statement takes it. */
export function bound<Which extends Except>(which: Which): Omit<Which, 'except'> & { except: string } {
  return { ...which, except: JSON.stringify(which.except ?? []) };
}

/** A round takes what is due between two times, both included. */
export interface Due {
  since: number;
  now: number;
}
