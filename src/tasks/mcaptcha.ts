import { z } from 'zod';
import type { Proof } from '../proof.ts';
import { type ProofTask, proofSchema, unsolvable } from './proofOfWork.ts';
import { askSite, type SiteRules } from './site.ts';
import type { TaskType } from './task.ts';
import { missing } from './wording.ts';

const challenge = z.looseObject({
  string: z.string().min(1).max(4_096),
  salt: z.string().max(4_096),
  difficulty_factor: z.number().int().min(1).max(0xffff_ffff),
});
type Challenge = z.output<typeof challenge>;

const solution = z.union([
  z.object({ token: z.string().describe("verified: the form's field `mcaptcha__token`") }),
  z
    .object({ string: z.string(), nonce: z.int().min(0), result: z.string() })
    .describe('for `/api/v1/pow/verify`, where the task held the challenge'),
]);
type Solved = z.output<typeof solution>;

const verified = z.looseObject({ token: z.string().min(1) });

/**
 * `McaptchaTask`: solves a challenge of mCaptcha. `challengeURL` is the widget's, with its `sitekey`, or else
 * `websiteKey` holds that: the solution is then the token that the server gave for it, and otherwise what the
 * client hands in itself.
 */
export function mcaptcha(rules: SiteRules): TaskType<ProofTask<Challenge>, 'proofs' | 'web', Solved> {
  return {
    type: 'McaptchaTask',
    summary: 'The proof of work of mCaptcha.',
    solutions: { common: solution },
    timing: 'later',
    input: proofSchema(challenge, rules).superRefine(({ site, websiteKey, challenge: given }, context) => {
      if (given !== undefined || site.url === undefined) return;
      if (websiteKey === undefined && !site.url.searchParams.get('sitekey'))
        context.addIssue({ code: 'custom', path: ['websiteKey'], message: missing });
    }),
    module: () => 'common',
    sample: ({ challenge: given }) =>
      given === undefined
        ? { token: 'sandbox' }
        : // Cut, since ten thousand of them are kept, by whoever asks.
          { string: given.string.slice(0, 64), nonce: 0, result: '0' },
    check() {},
    async solve({ site, websiteKey, challenge: given }, { engines, signal, accountId }) {
      const key = websiteKey ?? site.url?.searchParams.get('sitekey') ?? '';
      const post = (path: string, body: unknown) => ({
        method: 'POST' as const,
        url: new URL(path, site.url),
        body: JSON.stringify(body),
        signal,
      });
      const asked =
        given ?? (await askSite(engines.web, site, post('/api/v1/pow/config', { key }), challenge));
      const started = performance.now();
      const found = await engines.proofs.search(proofOf(asked), { signal, accountId, from: 1 });
      if (found === undefined) throw unsolvable('task.challenge: no nonce solves it');
      const nonce = found.counter;
      const result = BigInt(`0x${found.hash.slice(0, digits)}`).toString();
      const { string } = asked;
      if (given !== undefined) return { string, nonce, result };
      const time = Math.round(performance.now() - started);
      const work = post('/api/v1/pow/verify', { string, result, nonce, key, time });
      const answer = await askSite(engines.web, site, work, verified);
      return { token: answer.token };
    },
  };
}

/** The score is a hash's first 128 bits. */
const digits = 32;
const mostScore = 2n ** 128n - 1n;

/** The server hashes its salt, then the phrase as Rust's bincode writes it: its length in eight bytes, its text. */
function proofOf({ string, salt, difficulty_factor: factor }: Challenge): Proof {
  const phrase = Buffer.from(string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(phrase.length));
  const least = mostScore - mostScore / BigInt(factor);
  return {
    kind: 'digits',
    algorithm: 'sha256',
    prefix: Buffer.concat([Buffer.from(salt), length, phrase]),
    least: least.toString(16).padStart(digits, '0'),
    most: 'f'.repeat(digits),
  };
}
