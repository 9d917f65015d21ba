import { z } from 'zod';
import { Fault } from '../fault.ts';
import { parseJsonText } from './jsonText.ts';
import { type Site, type SiteRules, siteFields, siteOf } from './site.ts';
import { withoutUnset } from './unset.ts';
import { fieldRefuser } from './wording.ts';

/** What a task of a proof of work asks for: a challenge that came with it, or the site that gives one. */
export interface ProofTask<Challenge> {
  site: Site;
  challenge: Challenge | undefined;
  /** The key that some sites have for their forms. */
  websiteKey: string | undefined;
}

/**
 * The schema of such a task. `challenge` may be the object that the site answers with, or its JSON as a text;
 * `challengeURL`, or `websiteURL` in its place, is where to ask.
 */
export function proofSchema<Challenge>(
  challenge: z.ZodType<Challenge>,
  rules: SiteRules,
): z.ZodType<ProofTask<Challenge>> {
  const fields = z.object({
    ...siteFields,
    websiteKey: z
      .string('is not a string')
      .trim()
      .max(512, 'is too long')
      .optional()
      .describe("mCaptcha's site key, where `challengeURL` has no `sitekey`"),
    challenge: z
      .preprocess(readText, challenge)
      .optional()
      .meta({
        type: ['object', 'string'],
        description: "the challenge as the site's server gave it; its JSON as a string is read too",
      }),
  });
  return z.preprocess(withoutUnset, fields).transform((task, context): ProofTask<Challenge> => {
    const refuse = fieldRefuser(context);
    const site = siteOf(task, rules, refuse);
    if (task.challenge === undefined && task[site.field] === undefined)
      refuse('challenge', 'is missing, and so is challengeURL');
    return { site, challenge: task.challenge, websiteKey: task.websiteKey };
  });
}

/** No counter that the challenge allows solves it, or it asks for more than this server gives. */
export function unsolvable(detail: string): Fault {
  return new Fault('ERROR_CAPTCHA_UNSOLVABLE', { detail });
}

/** JSON in base64, as the widgets write their tokens. */
export function base64Json(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

function readText(given: unknown, context: z.core.$RefinementCtx): unknown {
  if (typeof given !== 'string') return given;
  const read = parseJsonText(given);
  if ('value' in read) return read.value;
  context.addIssue({ code: 'custom', message: read.refused });
  return z.NEVER;
}
