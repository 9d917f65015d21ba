import { expect, test } from 'vitest';
import { withOurChallenge } from '../../src/http/dialects/altchaTask.ts';

const page = 'https://site.example/shop/login';

test.each([
  [
    'the challenge itself; the page is only where it is from',
    { type: 'AltchaTaskProxyless', websiteURL: page, challengeJSON: '{"salt":"s"}' },
    { type: 'AltchaTask', websiteURL: page, challenge: '{"salt":"s"}' },
  ],
  [
    'an address that is relative to the page',
    { type: 'AltchaCaptchaTask', websiteURL: page, challengeURL: '/altcha?x=1' },
    { type: 'AltchaTask', challenge: undefined, challengeURL: 'https://site.example/altcha?x=1' },
  ],
  [
    'a whole address',
    { type: 'altchatask', websiteURL: page, challengeURL: 'https://other.example/c' },
    { type: 'AltchaTask', challenge: undefined, challengeURL: 'https://other.example/c' },
  ],
  [
    'nothing: the page is not asked for a challenge',
    { type: 'AltchaTask', websiteURL: page, challengeURL: '', challengeJSON: '' },
    { type: 'AltchaTask', challenge: undefined },
  ],
  [
    'what is no address, for the check of fields to refuse',
    { type: 'AltchaTask', challengeURL: '/altcha' },
    { type: 'AltchaTask', challenge: undefined, challengeURL: '/altcha' },
  ],
  [
    'a task of another type',
    { type: 'CapTask', challengeURL: '/x' },
    { type: 'CapTask', challengeURL: '/x' },
  ],
])('neighbours ask for ALTCHA by %s', (_, theirs, ours) => {
  expect(withOurChallenge(theirs)).toEqual(ours);
});
