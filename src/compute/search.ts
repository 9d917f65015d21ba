import type { Found, Proof } from '../proof.ts';
import { searchKeys } from './derivation.ts';
import { searchDigits } from './digits.ts';

/** The first counter of `from` to `to` (not included) that solves a proof; blocks until it is known. */
export function search(proof: Proof, from: number, to: number): Found | undefined {
  return proof.kind === 'digits' ? searchDigits(proof, from, to) : searchKeys(proof, from, to);
}
