import { antigate, antigateCodes, billOf } from './antigate.ts';
import { foreignOf } from './foreignCodes.ts';

/** Anti-Captcha's API v2. */
export const anticaptcha = antigate({
  name: 'anticaptcha',
  reports: {
    '/reportIncorrectImageCaptcha': 'wrong',
    '/reportIncorrectRecaptcha': 'wrong',
    '/reportIncorrectHcaptcha': 'wrong',
    '/reportCorrectRecaptcha': 'right',
  },
  unserved: [
    '/getQueueStats',
    '/getSpendingStats',
    '/getAppStats',
    '/pushAntiGateVariable',
    '/sendFunds',
    '/test',
  ],
  codeOf: (fault) => foreignOf(antigateCodes, fault),
  afterReady: (result) => `${billOf(result)},"solveCount":"0"`,
  afterBalance: ',"captchaCredits":0',
});
