import { antigate, billOf } from './antigate.ts';
import { type Foreign, type ForeignCodes, foreignOf, ifMissing, ifSmall } from './foreignCodes.ts';

const noSlot: Foreign = ['ERROR_NO_SLOT_AVAILABLE', 2];
const noImage: Foreign = ['ERROR_ZERO_CAPTCHA_FILESIZE', 3];
const noMoney: Foreign = ['ERROR_ZERO_BALANCE', 10];
const unsolvable: Foreign = ['ERROR_CAPTCHA_UNSOLVABLE', 12];
const blocked: Foreign = ['ERROR_IP_BLOCKED', 21];

const codes: ForeignCodes = {
  ERROR_SERVICE_UNAVALIABLE: noSlot,
  ERROR_RATE_LIMIT: noSlot,
  ERROR_INVALID_TASK_DATA: ifMissing({
    task: ['ERROR_TASK_ABSENT', 22],
    image: noImage,
    else: ['ERROR_INCORRECT_SESSION_DATA', 24],
  }),
  ERROR_BAD_REQUEST: ['ERROR_NO_SUCH_METHOD', 14],
  ERROR_TASKID_INVALID: ['ERROR_NO_SUCH_CAPCHA_ID', 16],
  ERROR_TASK_TIMEOUT: unsolvable,
  ERROR_SETTLEMENT_FAILED: noMoney,
  ERROR_KEY_DENIED_ACCESS: ['ERROR_KEY_DOES_NOT_EXIST', 1],
  ERROR_ZERO_BALANCE: noMoney,
  ERROR_TASK_NOT_SUPPORTED: ['ERROR_TASK_NOT_SUPPORTED', 23],
  ERROR_CAPTCHA_UNSOLVABLE: unsolvable,
  ERROR_UNKNOWN_QUESTION: ['ERROR_EMPTY_COMMENT', 20],
  ERROR_PROXY_BANNED: ['ERROR_PROXY_BANNED', 28],
  ERROR_INVALID_IMAGE: ifSmall({ small: noImage, large: ['ERROR_TOO_BIG_CAPTCHA_FILESIZE', 4] }),
  ERROR_PARSE_IMAGE_FAIL: ['ERROR_IMAGE_TYPE_NOT_SUPPORTED', 15],
  ERROR_IP_BANNED: blocked,
  ERROR_KEY_TEMP_BLOCKED: blocked,
};

/** Anti-Captcha's API v2. */
export const anticaptcha = antigate({
  name: 'anticaptcha',
  reports: {
    '/reportIncorrectImageCaptcha': 'wrong',
    '/reportIncorrectRecaptcha': 'wrong',
    '/reportIncorrectHcaptcha': 'wrong',
    '/reportCorrectRecaptcha': 'right',
  },
  codeOf: (fault) => foreignOf(codes, fault),
  afterReady: (result) => `${billOf(result)},"solveCount":"0"`,
  afterBalance: ',"captchaCredits":0',
});
