import { totalmem } from 'node:os';
import type { Proof } from '../proof.ts';

/** Bytes that one key of a proof takes while it is derived; nothing worth counting of most. */
export function memoryOf(proof: Proof): number {
  if (proof.kind !== 'derivation') return 0;
  const { function: name, cost, memory, parallelism } = proof;
  if (name === 'argon2id') return 1024 * memory;
  return name === 'scrypt' ? 128 * memory * (cost + parallelism) : 0;
}

/** Bytes for all keys together: an eighth of the memory of the machine, or of its container. */
export function memoryToSpare(): number {
  // 0, or more than there is, where nothing bounds it.
  const bound = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(bound, totalmem()) / 8;
}
