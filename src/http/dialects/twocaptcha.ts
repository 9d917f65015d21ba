import { antigate, antigateCodes, billOf } from './antigate.ts';
import { type ForeignCodes, foreignOf, ifMissing } from './foreignCodes.ts';
import { pingbackBy } from './pingback.ts';

const codes: ForeignCodes = {
  ...antigateCodes,
  ERROR_INVALID_TASK_DATA: ifMissing({
    task: ['ERROR_TASK_ABSENT', 22],
    image: ['ERROR_ZERO_CAPTCHA_FILESIZE', 3],
    else: ['ERROR_BAD_PARAMETERS', 110],
  }),
  ERROR_UNKNOWN_QUESTION: ['ERROR_BAD_IMGINSTRUCTIONS', 115],
  ERROR_PROXY_BANNED: ['ERROR_BAD_PROXY', 130],
  ERROR_KEY_TEMP_BLOCKED: ['ERROR_ACCOUNT_SUSPENDED', 55],
};

/** 2captcha's API v2. */
export const twocaptcha = antigate({
  name: '2captcha',
  reports: {
    '/reportIncorrect': 'wrong',
    '/reportCorrect': 'right',
    '/reportIncorrectImageCaptcha': 'wrong',
    '/reportIncorrectRecaptcha': 'wrong',
    '/reportCorrectRecaptcha': 'right',
  },
  codeOf: (fault) => foreignOf(codes, fault),
  afterReady: (result) => `${billOf(result)},"solveCount":1`,
  callback: pingbackBy((fault) => foreignOf(codes, fault)[0]),
});
