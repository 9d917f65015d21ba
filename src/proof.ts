/** A proof of work: a search for the first counter whose hash, as hex, lies between `least` and `most` with its leading digits. */
export type Proof = Bounds & (Digits | Derivation);

/** How long the hash of each function is. */
export const digestBytes = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** Memory of the largest key that is derived. */
export const largestKeyBytes = 256 * 2 ** 20;

export interface Bounds {
  /** Lower-case hex, of one length. */
  least: string;
  most: string;
}

/** The hash of the prefix with the counter's decimal digits behind it. */
export interface Digits {
  kind: 'digits';
  algorithm: keyof typeof digestBytes;
  prefix: Uint8Array;
}

/** A key derived from the nonce with the counter behind it, as 32 bits, and the salt. */
export interface Derivation {
  kind: 'derivation';
  function: 'sha' | 'pbkdf2' | 'scrypt' | 'argon2id';
  /** Of `sha` and `pbkdf2`. */
  digest: Exclude<Digits['algorithm'], 'sha1'>;
  nonce: Uint8Array;
  salt: Uint8Array;
  keyLength: number;
  /** Iterations, scrypt's N, or argon2's passes. */
  cost: number;
  /** KiB of argon2, block size of scrypt. */
  memory: number;
  parallelism: number;
}

export interface Found {
  counter: number;
  /** Lower-case hex. */
  hash: string;
}

/** Whether a hash is an answer. */
export function isWithin({ least, most }: Bounds, hash: string): boolean {
  const leading = hash.slice(0, least.length);
  return leading >= least && leading <= most;
}

/** The bounds of all hashes that begin with these digits. */
export function startsWith(digits: string): Bounds {
  return { least: digits, most: digits };
}
