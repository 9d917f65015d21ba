import { z } from 'zod';
import { digestBytes, type Proof, startsWith } from '../proof.ts';
import { isAlgorithm, keyProof } from './altchaKey.ts';
import { base64Json, type ProofTask, proofSchema, unsolvable } from './proofOfWork.ts';
import { askSite, type SiteRules } from './site.ts';
import type { SolveContext, TaskType } from './task.ts';
import { withoutNulls } from './unset.ts';
import { empty, wording } from './wording.ts';

const hex = z
  .string()
  .regex(/^([\da-f]{2})*$/i, 'is not hex')
  .max(1_024, 'is too long');
const whole = z.number().int().min(1);

const digests = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const;

/** Null is as if it were not there, in what a site gives as in what a client writes. */
const object = <Fields extends z.ZodRawShape>(fields: Fields) =>
  z.preprocess(withoutNulls, z.looseObject(fields));

/** Version 1: the hash of the salt with a number behind it is given, and the number is asked. */
const first = object({
  algorithm: z
    .string()
    // Put into upper case, megabytes of it would keep everybody waiting.
    .max(16, 'is not an algorithm of ALTCHA')
    .pipe(z.string().toUpperCase())
    .pipe(z.enum(Object.keys(digests) as (keyof typeof digests)[], 'is not an algorithm of ALTCHA'))
    .default('SHA-256'),
  challenge: hex.min(1, empty).toLowerCase(),
  salt: z.string().max(4_096, 'is too long'),
  signature: z.string().max(1_024, 'is too long').optional(),
  maxnumber: whole.optional(),
  maxNumber: whole.optional(),
});

/** Version 2: a counter is asked with which a derived key begins as given. */
const second = object({
  parameters: object({
    algorithm: z.string().refine(isAlgorithm, 'is not an algorithm of ALTCHA'),
    nonce: hex,
    salt: hex,
    cost: whole,
    keyLength: whole.max(512, 'is too large').default(32),
    keyPrefix: z
      .string()
      .regex(/^[\da-f]+$/i, 'is not hex')
      .max(1_024, 'is too long')
      .toLowerCase(),
    memoryCost: whole.optional(),
    parallelism: whole.max(16, 'is too large').optional(),
  }),
  signature: z.string().max(1_024, 'is too long').optional(),
});

type First = z.output<typeof first>;
type Second = z.output<typeof second>;

/** The version is told by its form. What the site signed is kept word for word, for the token. */
const challenge = z.unknown().transform((given, context): { raw: unknown; read: First | Second } => {
  const hasParameters = typeof given === 'object' && given !== null && 'parameters' in given;
  const read = z
    .preprocess(withoutNulls, hasParameters ? second : first)
    .safeParse(given, { error: wording });
  if (read.success) return { raw: given, read: read.data };
  const [issue] = read.error.issues;
  context.addIssue({ code: 'custom', path: issue!.path, message: issue!.message });
  return z.NEVER;
});
type Challenge = z.output<typeof challenge>;

const solution = z.object({
  token: z.string().describe("the form's field `altcha`"),
  number: z.int().min(0),
});
type Token = z.output<typeof solution>;

/** Widgets of version 1 look no further where the site names no limit. */
const usualMaximum = 1_000_000;

/** `AltchaTask`: the token that an ALTCHA widget would put into its form. */
export function altcha(rules: SiteRules): TaskType<ProofTask<Challenge>, 'proofs' | 'web', Token> {
  return {
    type: 'AltchaTask',
    summary: 'The proof of work of ALTCHA.',
    solutions: { common: solution },
    timing: 'later',
    input: proofSchema(challenge, rules),
    module: () => 'common',
    sample: () => ({ token: base64Json({ sandbox: true }), number: 0 }),
    check() {},
    async solve({ site, challenge: given }, { engines, signal, accountId }) {
      const call = { method: 'GET' as const, url: site.url!, signal };
      const { raw, read } = given ?? (await askSite(engines.web, site, call, challenge));
      return isSecond(read)
        ? solveSecond(raw as Record<string, unknown>, read, { engines, signal, accountId })
        : solveFirst(read, { engines, signal, accountId });
    },
  };
}

function isSecond(read: First | Second): read is Second {
  return 'parameters' in read;
}

type Means = Pick<SolveContext<'proofs'>, 'engines' | 'signal' | 'accountId'>;

async function solveFirst(given: First, { engines, signal, accountId }: Means) {
  const { algorithm, challenge: hash, salt, signature, maxnumber, maxNumber } = given;
  // In hex.
  if (hash.length > 2 * digestBytes[digests[algorithm]])
    throw unsolvable('task.challenge: its challenge is longer than a hash of its algorithm');
  const proof: Proof = {
    kind: 'digits',
    algorithm: digests[algorithm],
    prefix: Buffer.from(salt),
    ...startsWith(hash),
  };
  const started = performance.now();
  const to = (maxnumber ?? maxNumber ?? usualMaximum) + 1;
  const found = await engines.proofs.search(proof, { signal, accountId, to });
  if (found === undefined) throw unsolvable('task.challenge: no number up to its maximum solves it');
  const took = Math.round(performance.now() - started);
  const { counter: number } = found;
  return { token: base64Json({ algorithm, challenge: hash, number, salt, signature, took }), number };
}

async function solveSecond(raw: Record<string, unknown>, { parameters }: Second, means: Means) {
  const { engines, signal, accountId } = means;
  if (raw.codeChallenge) throw unsolvable('task.challenge: asks for a code from a picture as well');
  const started = performance.now();
  const found = await engines.proofs.search(keyProof(parameters), { signal, accountId, to: 2 ** 32 });
  if (found === undefined) throw unsolvable('task.challenge: no counter solves it');
  const time = Math.round(performance.now() - started);
  const solution = { counter: found.counter, derivedKey: found.hash, time };
  const signed = { parameters: raw.parameters, signature: raw.signature };
  return { token: base64Json({ challenge: signed, solution }), number: found.counter };
}
