import { lowerCase } from '../../lowerCase.ts';
import { withoutUnset } from '../../tasks/unset.ts';
import type { Body } from './dialect.ts';

const types = ['altchatask', 'altchataskproxyless', 'altchacaptchatask'];

/**
 * ALTCHA as Anti-Captcha's and 2captcha's clients ask for it: with `challengeJSON`, or with a `challengeURL` that may be
 * relative to `websiteURL`, which is the page and is not called.
 */
export function withOurChallenge(task: Body): Body {
  if (!types.includes(lowerCase(String(task.type)))) return task;
  const { challenge: ours, challengeJSON, challengeURL, websiteURL, ...others } = withoutUnset(task) as Body;
  const challenge = ours ?? challengeJSON;
  const page = typeof websiteURL === 'string' ? websiteURL : undefined;
  const url =
    typeof challengeURL === 'string' ? (URL.parse(challengeURL, page)?.href ?? challengeURL) : challengeURL;
  const from = url === undefined ? challenge !== undefined && { websiteURL } : { challengeURL: url };
  return { ...others, type: 'AltchaTask', challenge, ...from };
}
