import { antigate, billOf } from './antigate.ts';
import { type Foreign, type ForeignCodes, foreignOf, ifMissing, ifSmall } from './foreignCodes.ts';

const noSlot: Foreign = ['ERROR_NO_SLOT_AVAILABLE', 2];
const noImage: Foreign = ['ERROR_ZERO_CAPTCHA_FILESIZE', 3];
const noMoney: Foreign = ['ERROR_ZERO_BALANCE', 10];
const unsolvable: Foreign = ['ERROR_CAPTCHA_UNSOLVABLE', 12];

const codes: ForeignCodes = {
  ERROR_SERVICE_UNAVALIABLE: noSlot,
  ERROR_RATE_LIMIT: noSlot,
  ERROR_INVALID_TASK_DATA: ifMissing({
    task: ['ERROR_TASK_ABSENT', 22],
    image: noImage,
    else: ['ERROR_BAD_PARAMETERS', 110],
  }),
  ERROR_BAD_REQUEST: ['ERROR_NO_SUCH_METHOD', 14],
  ERROR_TASKID_INVALID: ['ERROR_NO_SUCH_CAPCHA_ID', 16],
  ERROR_TASK_TIMEOUT: unsolvable,
  ERROR_SETTLEMENT_FAILED: noMoney,
  ERROR_KEY_DENIED_ACCESS: ['ERROR_KEY_DOES_NOT_EXIST', 1],
  ERROR_ZERO_BALANCE: noMoney,
  ERROR_TASK_NOT_SUPPORTED: ['ERROR_TASK_NOT_SUPPORTED', 23],
  ERROR_CAPTCHA_UNSOLVABLE: unsolvable,
  ERROR_UNKNOWN_QUESTION: ['ERROR_BAD_IMGINSTRUCTIONS', 115],
  ERROR_PROXY_BANNED: ['ERROR_BAD_PROXY', 130],
  ERROR_INVALID_IMAGE: ifSmall({ small: noImage, large: ['ERROR_TOO_BIG_CAPTCHA_FILESIZE', 4] }),
  ERROR_PARSE_IMAGE_FAIL: ['ERROR_IMAGE_TYPE_NOT_SUPPORTED', 15],
  ERROR_IP_BANNED: ['ERROR_IP_BLOCKED', 21],
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
});
