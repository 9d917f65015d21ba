import type { Found, Puzzle } from '../puzzle.ts';
import { searchKeys } from './derivation.ts';
import { searchDigits } from './digits.ts';

/** The first counter of `from` to `to` (not included) that solves a puzzle; blocks until it is known. */
export function search(puzzle: Puzzle, from: number, to: number): Found | undefined {
  return puzzle.kind === 'digits' ? searchDigits(puzzle, from, to) : searchKeys(puzzle, from, to);
}
