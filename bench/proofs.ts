import * as altcha from 'altcha-lib';
import { deriveKey as pbkdf2 } from 'altcha-lib/algorithms/pbkdf2';
import { deriveKey as sha } from 'altcha-lib/algorithms/sha';
import { solveChallenge as solveFirst } from 'altcha-lib/v1';
import { search } from '../src/compute/search.ts';
import { type Derivation, type Proof, startsWith } from '../src/proof.ts';
import { type Result, ratioOf } from './measure.ts';
import { capSolver, mcaptchaSolver } from './solvers.ts';

const aim = 0.8;

/**
 * Hashes a second on one thread, beside the best solver that each protocol's own packages have. Seconds of the
 * processor: some of those solvers wait for other threads, which a busy machine favours.
 */
export async function proofBenchmarks(): Promise<Result[]> {
  return [
    { name: 'ALTCHA v1 SHA-256, hashes/s / altcha-lib', ratio: await first(), aim },
    { name: 'ALTCHA v2 SHA-256, keys/s / altcha-lib', ratio: await second('sha', sha, 1, 40_000), aim },
    { name: 'ALTCHA v2 PBKDF2, keys/s / altcha-lib', ratio: await second('pbkdf2', pbkdf2, 1_000, 800), aim },
    { name: 'Cap, hashes/s / @cap.js/wasm', ratio: await cap(), aim },
    { name: 'mCaptcha, hashes/s / @mcaptcha/pow-wasm', ratio: await mcaptcha(), aim },
  ];
}

/** No hash is this one, so that every counter up to the last is tried. */
const never = '0'.repeat(64);

function first(): Promise<number> {
  const salt = '0123456789abcdef01234567?expires=1798675200&';
  const proof: Proof = {
    kind: 'digits',
    algorithm: 'sha256',
    prefix: Buffer.from(salt),
    ...startsWith(never),
  };
  return ratioOf(
    async () => rateOf(2_000_000, () => search(proof, 0, 2_000_000)),
    async () => rateOf(100_000, () => solveFirst(never, salt, 'SHA-256', 99_999).promise),
  );
}

function second(
  name: 'sha' | 'pbkdf2',
  deriveKey: altcha.DeriveKeyFunction,
  cost: number,
  keys: number,
): Promise<number> {
  const nonce = '00112233445566778899aabbccddeeff';
  const salt = 'ffeeddccbbaa99887766554433221100';
  const algorithm = name === 'sha' ? 'SHA-256' : 'PBKDF2/SHA-256';
  const parameters = { algorithm, nonce, salt, cost, keyLength: 32, keyPrefix: never };
  const derivation: Derivation = {
    kind: 'derivation',
    function: name,
    digest: 'sha256',
    nonce: Buffer.from(nonce, 'hex'),
    salt: Buffer.from(salt, 'hex'),
    keyLength: 32,
    cost,
    memory: 0,
    parallelism: 1,
  };
  const controller = { signal: { aborted: false } };
  let derived = 0;
  /** Their solver looks at its signal before each key: so it stops after as many as ours. */
  const counting: altcha.DeriveKeyFunction = (...given) => {
    if (++derived >= keys) controller.signal.aborted = true;
    return deriveKey(...given);
  };
  return ratioOf(
    async () => rateOf(keys, () => search({ ...derivation, ...startsWith(never) }, 0, keys)),
    async () => {
      derived = 0;
      controller.signal.aborted = false;
      const options = { challenge: { parameters }, deriveKey: counting, timeout: 0 };
      return rateOf(keys, () =>
        altcha.solveChallenge({ ...options, controller: controller as AbortController }),
      );
    },
  );
}

function cap(): Promise<number> {
  const solve = capSolver();
  const parts = Array.from({ length: 24 }, (_, index) => `${index}`.padEnd(32, '0123456789abcdef'));
  const target = 'abcd';
  const hashes = parts.reduce((sum, salt) => sum + Number(solve(salt, target)) + 1, 0);
  return ratioOf(
    async () =>
      rateOf(hashes, () => {
        for (const salt of parts)
          search(
            { kind: 'digits', algorithm: 'sha256', prefix: Buffer.from(salt), ...startsWith(target) },
            0,
            Number.MAX_SAFE_INTEGER,
          );
      }),
    async () =>
      rateOf(hashes, () => {
        for (const salt of parts) solve(salt, target);
      }),
  );
}

async function mcaptcha(): Promise<number> {
  const solve = await mcaptchaSolver();
  const salt = 'a salt of some length, as servers have it';
  const phrases = Array.from({ length: 24 }, (_, index) => `${index}`.padStart(32, 'phrase '));
  const factor = 40_000;
  const hashes = phrases.reduce((sum, phrase) => sum + JSON.parse(solve(salt, phrase, factor)).nonce, 0);
  const greatest = 2n ** 128n - 1n;
  const least = (greatest - greatest / BigInt(factor)).toString(16);
  const prefixes = phrases.map((phrase) =>
    Buffer.concat([Buffer.from(salt), lengthOf(phrase), Buffer.from(phrase)]),
  );
  return ratioOf(
    async () =>
      rateOf(hashes, () => {
        for (const prefix of prefixes)
          search(
            { kind: 'digits', algorithm: 'sha256', prefix, least, most: 'f'.repeat(32) },
            1,
            Number.MAX_SAFE_INTEGER,
          );
      }),
    async () =>
      rateOf(hashes, () => {
        for (const phrase of phrases) solve(salt, phrase, factor);
      }),
  );
}

function lengthOf(phrase: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeUInt32LE(Buffer.byteLength(phrase));
  return length;
}

async function rateOf(hashes: number, work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return hashes / (user + system);
}
