/** Rows that one round of a sweep ends or forgets: requests that wait behind 200 do not notice, 1,000 took up to 61 ms. */
export const roundSize = 200;

/** A round takes what is due between two times, both included. */
export interface Due {
  since: number;
  now: number;
}
