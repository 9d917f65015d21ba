import crypto, { hash, pbkdf2Sync, scryptSync } from 'node:crypto';
import { type Bounds, type Derivation, type Found, isWithin } from '../proof.ts';

/** The first counter of `from` to `to` (not included) whose derived key is an answer. */
export function searchKeys(proof: Bounds & Derivation, from: number, to: number): Found | undefined {
  const password = Buffer.alloc(proof.nonce.length + 4);
  password.set(proof.nonce);
  for (let counter = from; counter < to; counter++) {
    password.writeUInt32BE(counter, proof.nonce.length);
    const key = derive(proof, password).toString('hex');
    if (isWithin(proof, key)) return { counter, hash: key };
  }
  return undefined;
}

function derive(proof: Derivation, password: Buffer): Buffer {
  const { digest, salt, keyLength, cost, memory, parallelism } = proof;
  switch (proof.function) {
    case 'sha': {
      // `hash` is twice as fast as `createHash`: it makes no object.
      let key = hash(digest, Buffer.concat([salt, password]), 'buffer');
      for (let round = 1; round < cost; round++) key = hash(digest, key, 'buffer');
      return key.subarray(0, keyLength);
    }
    case 'pbkdf2':
      return pbkdf2Sync(password, salt, cost, keyLength, digest);
    case 'scrypt':
      return scryptSync(password, salt, keyLength, {
        N: cost,
        r: memory,
        p: parallelism,
        maxmem: 2 * 128 * cost * memory + 128 * memory * parallelism,
      });
    case 'argon2id':
      // By the module's name: Node before 24.7 has none, and an import of it would not even load.
      return crypto.argon2Sync('argon2id', {
        message: password,
        nonce: salt,
        parallelism,
        tagLength: keyLength,
        memory,
        passes: cost,
      });
  }
}
