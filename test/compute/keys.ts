import { type Proof, startsWith } from '../../src/proof.ts';

/** Argon2's, of so much memory each, none of which is the one that is looked for. */
export const keys = (memory: number): Proof => ({
  kind: 'derivation',
  function: 'argon2id',
  digest: 'sha256',
  nonce: Buffer.from('n'),
  salt: Buffer.from('a salt of it'),
  keyLength: 32,
  cost: 1,
  memory,
  parallelism: 1,
  ...startsWith('f'.repeat(32)),
});
