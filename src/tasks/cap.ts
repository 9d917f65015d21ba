import { z } from 'zod';
import { startsWith } from '../puzzle.ts';
import { type ProofTask, proofSchema, unsolvable } from './proofOfWork.ts';
import { askSite, type Site, type SiteRules } from './site.ts';
import type { SolveContext, TaskType } from './task.ts';

const mostParts = 1_000;
const whole = (most: number) => z.number().int().min(1).max(most);
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
      z.object({ c: whole(mostParts), s: whole(4_096), d: whole(64) }),
    ],
    `is neither 1 to ${mostParts} parts, nor their number c (to ${mostParts}), size s and difficulty d`,
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
    async solve({ site, challenge: given }, { engines, signal }) {
      const post = (path: string, body: unknown) => ({
        method: 'POST' as const,
        url: under(site, path),
        body: JSON.stringify(body),
        signal,
      });
      const asked = given ?? (await askSite(engines.web, site, post('challenge', {}), challenge));
      // A program for the browser that looks for signs of automation is not a proof of work.
      if (asked.instrumentation) throw unsolvable('task.challenge: asks for more than computing');
      const solutions = await solveParts(partsOf(asked), { engines, signal });
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

function partsOf({ challenge: asked, token }: Challenge): [salt: string, target: string][] {
  if (Array.isArray(asked)) return asked;
  return Array.from({ length: asked.c }, (_, index) => [
    pseudorandomHex(`${token}${index + 1}`, asked.s),
    pseudorandomHex(`${token}${index + 1}d`, asked.d),
  ]);
}

async function solveParts(
  parts: [salt: string, target: string][],
  { engines, signal }: Pick<SolveContext<'proofs'>, 'engines' | 'signal'>,
): Promise<number[]> {
  const solutions: number[] = [];
  const left = parts.entries();
  const solveNext = async () => {
    for (const [index, [salt, digits]] of left) {
      const puzzle = {
        kind: 'digits' as const,
        algorithm: 'sha256' as const,
        prefix: Buffer.from(salt),
        ...startsWith(digits),
      };
      const found = await engines.proofs.search(puzzle, { signal });
      if (found === undefined) throw unsolvable('task.challenge: no number solves it');
      solutions[index] = found.counter;
    }
  };
  await Promise.all(Array.from({ length: partsAtOnce }, solveNext));
  return solutions;
}

/** Cap's own generator, which both sides must run alike: FNV-1a for the seed, then xorshift. */
function pseudorandomHex(seed: string, length: number): string {
  let state = 0x811c9dc5;
  for (const unit of seed.split('')) state = Math.imul(state ^ unit.charCodeAt(0), 0x01000193);
  let hex = '';
  while (hex.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    hex += (state >>> 0).toString(16).padStart(8, '0');
  }
  return hex.slice(0, length);
}
