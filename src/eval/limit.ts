import { InvalidArgumentError } from 'commander';
import { whole } from '../cli/arguments.ts';
import { refuse } from './refusals.ts';

/** How many images of a family are read, by `--limit`; what is no number of images ends the process. */
export function limitOf(given: string | undefined): number {
  if (given === undefined) return Number.POSITIVE_INFINITY;
  try {
    return whole(given);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return refuse(`--limit ${given}: ${error.message}`);
  }
}
