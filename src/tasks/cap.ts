import { z } from 'zod';
import { forAll } from '../forAll.ts';
import { startsWith } from '../proof.ts';
import { type ProofTask, proofSchema, unsolvable } from './proofOfWork.ts';
import { askSite, type Site, type SiteRules } from './site.ts';
import type { SolveContext, TaskType } from './task.ts';

const mostParts = 1_000;
/** Digits of a salt that follows from the token; Cap's own servers ask for 32. */
const mostSalt = 256;
const whole = (most: number) => z.number().int().min(1).max(most, 'is too large');
const target = z
  .string()
  .regex(/^[\da-f]+$/, 'is not hex')
  .max(64, 'is too long');

/** Either the parts themselves, or how many and how long they are: then they follow from the token. */
const challenge = z.looseObject({
  token: z.string().min(1).max(4_096),
  challenge: z.union(
    [
      z
        .array(z.tuple([z.string().max(4_096), target]))
        .min(1)
        .max(mostParts),
      z.object({ c: whole(mostParts), s: whole(mostSalt), d: whole(64) }),
    ],
    `is neither 1 to ${mostParts} parts, nor their number c (to ${mostParts}), size s (to ${mostSalt}) and difficulty d`,
  ),
});
type Challenge = z.output<typeof challenge>;

const redeemed = z.looseObject({ success: z.literal(true), token: z.string().min(1) });

/** `solutions` where the client brought the challenge, and redeems it itself. */
const solution = z.object({
  token: z.string().describe("redeemed, the form's field `cap-token`; else to be redeemed with `solutions`"),
  solutions: z.array(z.int().min(0)).optional().describe('where the task held the challenge'),
});
type Solved = z.output<typeof solution>;

/** As many parts as keep the threads busy; more would crowd out the tasks of others. */
const partsAtOnce = 8;

/**
 * `CapTask`: solves a challenge of Cap. `challengeURL` is the widget's API endpoint: the solution is then the
 * token that its server gave for it, and otherwise what the client redeems itself.
 */
export function cap(rules: SiteRules): TaskType<ProofTask<Challenge>, 'proofs' | 'web', Solved> {
  return {
    type: 'CapTask',
    summary: 'The proof of work of Cap.',
    solutions: { common: solution },
    timing: 'later',
    input: proofSchema(challenge, rules),
    module: () => 'common',
    sample: ({ challenge: given }) => ({
      token: 'sandbox',
      ...(given === undefined ? {} : { solutions: [0] }),
    }),
    check() {},
    async solve({ site, challenge: given }, { engines, signal, accountId }) {
      const post = (path: string, body: unknown) => ({
        method: 'POST' as const,
        url: under(site, path),
        body: JSON.stringify(body),
        signal,
      });
      const asked = given ?? (await askSite(engines.web, site, post('challenge', {}), challenge));
      // A program for the browser that looks for signs of automation is not a proof of work.
      if (asked.instrumentation) throw unsolvable('task.challenge: asks for more than computing');
      const solutions = await solveParts(partsOf(asked), { engines, signal, accountId });
      const { token } = asked;
      if (given !== undefined) return { token, solutions };
      const answer = await askSite(engines.web, site, post('redeem', { token, solutions }), redeemed);
      return { token: answer.token };
    },
  };
}

function under({ url }: Site, path: string): URL {
  const endpoint = new URL(url!);
  endpoint.pathname = `${endpoint.pathname.replace(/\/$/, '')}/${path}`;
  return endpoint;
}

type Part = [salt: string, target: string];

/** Makes each part when it is asked for, and hashes the token once: all at once held up the event loop. */
function* partsOf({ challenge: asked, token }: Challenge): Generator<Part> {
  if (Array.isArray(asked)) return yield* asked;
  const ofToken = seedOf(token);
  for (let part = 1; part <= asked.c; part++)
    yield [
      pseudorandomHex(seedOf(`${part}`, ofToken), asked.s),
      pseudorandomHex(seedOf(`${part}d`, ofToken), asked.d),
    ];
}

function solveParts(
  parts: Generator<Part>,
  { engines, signal, accountId }: Pick<SolveContext<'proofs'>, 'engines' | 'signal' | 'accountId'>,
): Promise<number[]> {
  return forAll(parts, partsAtOnce, async ([salt, digits]) => {
    const proof = {
      kind: 'digits' as const,
      algorithm: 'sha256' as const,
      prefix: Buffer.from(salt),
      ...startsWith(digits),
    };
    const found = await engines.proofs.search(proof, { signal, accountId });
    if (found === undefined) throw unsolvable('task.challenge: no number solves it');
    return found.counter;
  });
}

/** The seed of Cap's own generator, which both sides must run alike: FNV-1a, which goes on from that of a beginning. */
function seedOf(text: string, beginning = 0x811c9dc5): number {
  let state = beginning;
  for (let unit = 0; unit < text.length; unit++) state = Math.imul(state ^ text.charCodeAt(unit), 0x01000193);
  return state;
}

/** What that generator, xorshift, makes of a seed. */
function pseudorandomHex(seed: number, length: number): string {
  let state = seed;
  let hex = '';
  while (hex.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    hex += (state >>> 0).toString(16).padStart(8, '0');
  }
  return hex.slice(0, length);
}
