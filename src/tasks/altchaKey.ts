import crypto from 'node:crypto';
import { type Derivation, digestBytes, largestKeyBytes, type Proof, startsWith } from '../proof.ts';
import { unsolvable } from './proofOfWork.ts';

/** What version 2 of ALTCHA says of its key; nonce, salt and prefix in hex. */
interface KeyParameters {
  algorithm: string;
  nonce: string;
  salt: string;
  cost: number;
  keyLength: number;
  keyPrefix: string;
  memoryCost?: number | undefined;
  parallelism?: number | undefined;
}

const functions: Record<string, Pick<Derivation, 'function' | 'digest'>> = {
  'SHA-256': { function: 'sha', digest: 'sha256' },
  'SHA-384': { function: 'sha', digest: 'sha384' },
  'SHA-512': { function: 'sha', digest: 'sha512' },
  'PBKDF2/SHA-256': { function: 'pbkdf2', digest: 'sha256' },
  'PBKDF2/SHA-384': { function: 'pbkdf2', digest: 'sha384' },
  'PBKDF2/SHA-512': { function: 'pbkdf2', digest: 'sha512' },
  SCRYPT: { function: 'scrypt', digest: 'sha256' },
  ARGON2ID: { function: 'argon2id', digest: 'sha256' },
};

const mebibyte = 1024 * 1024;

/**
 * The work of one key that a usual core does in about half a second, in hashes or in bytes that are written. A thread
 * cannot be called away from a key, neither for another search nor for a stop.
 */
const mostWork = { sha: 500_000, pbkdf2: 1_000_000, scrypt: 128 * mebibyte, argon2id: largestKeyBytes };

/** Whether ALTCHA has an algorithm of this name. */
export function isAlgorithm(name: string): boolean {
  return Object.hasOwn(functions, name);
}

/** The search for a key that begins as asked. @throws Fault ERROR_CAPTCHA_UNSOLVABLE for what is not begun */
export function keyProof(parameters: KeyParameters): Proof {
  const { nonce, salt, cost, keyLength, keyPrefix, memoryCost, parallelism = 1 } = parameters;
  const derive = functions[parameters.algorithm]!;
  const isHard = derive.function === 'scrypt' || derive.function === 'argon2id';
  if (isHard && memoryCost === undefined) throw unsolvable('task.challenge: has no memoryCost');
  const derivation: Derivation = {
    kind: 'derivation',
    ...derive,
    nonce: Buffer.from(nonce, 'hex'),
    salt: Buffer.from(salt, 'hex'),
    keyLength,
    cost,
    memory: memoryCost ?? 0,
    parallelism,
  };
  if (workOf(derivation) > mostWork[derive.function])
    throw unsolvable('task.challenge: asks for more memory or time by key than is given');
  const obstacle = obstacleOf(derivation);
  if (obstacle !== undefined) throw unsolvable(`task.challenge: ${obstacle}`);
  if (keyPrefix.length > 2 * lengthOf(derivation))
    throw unsolvable('task.challenge: its keyPrefix is longer than the key');
  return { ...derivation, ...startsWith(keyPrefix) };
}

/** What the function does not take; undefined for nothing. */
function obstacleOf(derivation: Derivation): string | undefined {
  const { function: name, cost, memory, parallelism, salt, keyLength } = derivation;
  if (name === 'scrypt') {
    const doublings = Math.log2(cost);
    // RFC 7914: N is below 2 to the bits of a block, of which r says how many.
    if (!Number.isInteger(doublings) || doublings < 1 || doublings >= 16 * memory)
      return 'its cost is none that scrypt takes';
  }
  if (name === 'argon2id') {
    // Node before 24.7 has none.
    if (typeof crypto.argon2Sync !== 'function') return 'asks for argon2, which this server does not have';
    if (salt.length < 8) return 'its salt is shorter than argon2 takes';
    if (keyLength < 4) return 'its keyLength is less than argon2 takes';
    if (memory < 8 * parallelism) return 'its memoryCost is less than argon2 takes';
  }
  return undefined;
}

/** Bytes of the key: a hash is cut, and never made longer. */
function lengthOf({ function: name, digest, keyLength }: Derivation): number {
  return name === 'sha' ? Math.min(keyLength, digestBytes[digest]) : keyLength;
}

function workOf({ function: name, digest, cost, keyLength, memory, parallelism }: Derivation): number {
  switch (name) {
    case 'sha':
      return cost;
    case 'pbkdf2':
      return cost * Math.ceil(keyLength / digestBytes[digest]);
    case 'scrypt':
      // What is mixed is written by PBKDF2 first and read by it at last: as long as mixing it six times.
      return 128 * memory * parallelism * Math.max(cost, 8);
    case 'argon2id':
      // Its lanes share the memory, and each is a thread of its own in each of a pass's four slices: some 40 us to start.
      return 1024 * cost * (memory + (parallelism > 1 ? 4 * parallelism * 24 : 0));
  }
}
