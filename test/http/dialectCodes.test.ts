import { expect, test } from 'vitest';
import { type ErrorCode, errorCodes } from '../../src/errors.ts';
import { Fault } from '../../src/fault.ts';
import { anticaptcha } from '../../src/http/dialects/anticaptcha.ts';
import { capmonster } from '../../src/http/dialects/capmonster.ts';
import type { Dialect } from '../../src/http/dialects/dialect.ts';
import { twocaptcha } from '../../src/http/dialects/twocaptcha.ts';
import { twocaptchaV1 } from '../../src/http/dialects/twocaptchaV1.ts';
import { openWorld } from '../world.ts';

/** The table of the contract's reference: each of our codes in each dialect, with its number where it has one. */
const table: Record<ErrorCode, [string, string, string, string]> = {
  ERROR_SERVICE_UNAVALIABLE: [
    'NO_SLOT_AVAILABLE 2',
    'NO_SLOT_AVAILABLE',
    'NO_SLOT_AVAILABLE 2',
    'ERROR_NO_SLOT_AVAILABLE',
  ],
  ERROR_RATE_LIMIT: ['NO_SLOT_AVAILABLE 2', 'NO_SLOT_AVAILABLE', 'NO_SLOT_AVAILABLE 2', 'MAX_USER_TURN'],
  ERROR_INVALID_TASK_DATA: [
    'INCORRECT_SESSION_DATA 24',
    'NO_SUCH_METHOD',
    'BAD_PARAMETERS 110',
    'ERROR_BAD_PARAMETERS',
  ],
  ERROR_BAD_REQUEST: ['NO_SUCH_METHOD 14', 'NO_SUCH_METHOD', 'NO_SUCH_METHOD 14', 'ERROR_BAD_PARAMETERS'],
  ERROR_TASKID_INVALID: [
    'NO_SUCH_CAPCHA_ID 16',
    'NO_SUCH_CAPCHA_ID',
    'NO_SUCH_CAPCHA_ID 16',
    'ERROR_WRONG_CAPTCHA_ID',
  ],
  ERROR_TASK_TIMEOUT: [
    'CAPTCHA_UNSOLVABLE 12',
    'CAPTCHA_UNSOLVABLE',
    'CAPTCHA_UNSOLVABLE 12',
    'ERROR_CAPTCHA_UNSOLVABLE',
  ],
  ERROR_SETTLEMENT_FAILED: ['ZERO_BALANCE 10', 'ZERO_BALANCE', 'ZERO_BALANCE 10', 'ERROR_ZERO_BALANCE'],
  ERROR_KEY_DENIED_ACCESS: [
    'KEY_DOES_NOT_EXIST 1',
    'KEY_DOES_NOT_EXIST',
    'KEY_DOES_NOT_EXIST 1',
    'ERROR_KEY_DOES_NOT_EXIST',
  ],
  ERROR_ZERO_BALANCE: ['ZERO_BALANCE 10', 'ZERO_BALANCE', 'ZERO_BALANCE 10', 'ERROR_ZERO_BALANCE'],
  ERROR_TASK_NOT_SUPPORTED: [
    'TASK_NOT_SUPPORTED 23',
    'NO_SUCH_METHOD',
    'TASK_NOT_SUPPORTED 23',
    'ERROR_BAD_PARAMETERS',
  ],
  ERROR_CAPTCHA_UNSOLVABLE: [
    'CAPTCHA_UNSOLVABLE 12',
    'CAPTCHA_UNSOLVABLE',
    'CAPTCHA_UNSOLVABLE 12',
    'ERROR_CAPTCHA_UNSOLVABLE',
  ],
  ERROR_UNKNOWN_QUESTION: [
    'EMPTY_COMMENT 20',
    'CAPTCHA_UNSOLVABLE',
    'BAD_IMGINSTRUCTIONS 115',
    'ERROR_BAD_PARAMETERS',
  ],
  ERROR_PROXY_BANNED: ['PROXY_BANNED 28', 'CAPTCHA_UNSOLVABLE', 'BAD_PROXY 130', 'ERROR_BAD_PROXY'],
  ERROR_INVALID_IMAGE: [
    'TOO_BIG_CAPTCHA_FILESIZE 4',
    'TOO_BIG_CAPTCHA_FILESIZE',
    'TOO_BIG_CAPTCHA_FILESIZE 4',
    'ERROR_TOO_BIG_CAPTCHA_FILESIZE',
  ],
  ERROR_PARSE_IMAGE_FAIL: [
    'IMAGE_TYPE_NOT_SUPPORTED 15',
    'CAPTCHA_UNSOLVABLE',
    'IMAGE_TYPE_NOT_SUPPORTED 15',
    'ERROR_IMAGE_TYPE_NOT_SUPPORTED',
  ],
  ERROR_IP_BANNED: ['IP_BLOCKED 21', 'IP_BANNED', 'IP_BLOCKED 21', 'IP_BANNED'],
  ERROR_KEY_TEMP_BLOCKED: ['IP_BLOCKED 21', 'IP_BANNED', 'ACCOUNT_SUSPENDED 55', 'ERROR: 1003'],
};

const createTask = { path: '/createTask', url: '/createTask' };
const json = [anticaptcha, capmonster, twocaptcha];

function refused(dialect: Dialect, fault: Fault, path = createTask.path) {
  const { status, body } = dialect.refusal(fault, 'en', { path, url: path });
  expect(status).toBe(200);
  return JSON.parse(body);
}

test.each(errorCodes)('%s in every dialect, always with HTTP 200', (code) => {
  const fault = new Fault(code, { detail: 'here: is a mistake' });
  for (const [at, dialect] of json.entries()) {
    const [name, id = '1'] = table[code][at]!.split(' ');
    expect(refused(dialect, fault)).toEqual({
      errorId: Number(id),
      errorCode: `ERROR_${name}`,
      errorDescription: expect.stringMatching(/: here: is a mistake$/),
      ...(dialect === capmonster ? { taskId: 0 } : {}),
    });
  }
  const { status, body } = twocaptchaV1.refusal(fault, 'en', { path: '/in.php', url: '/in.php' });
  expect([status, body]).toEqual([200, table[code][3]]);
});

test('a missing task, a missing image and an image that is too small have codes of their own', () => {
  const codeOf = (code: ErrorCode, detail: string) =>
    json.map((dialect) => refused(dialect, new Fault(code, { detail })).errorCode);
  const absent = ['ERROR_TASK_ABSENT', 'ERROR_NO_SUCH_METHOD', 'ERROR_TASK_ABSENT'];
  expect(codeOf('ERROR_INVALID_TASK_DATA', 'task: is missing')).toEqual(absent);
  const empty = Array(3).fill('ERROR_ZERO_CAPTCHA_FILESIZE');
  const places = ['body: is missing', 'image: is missing', 'images: is empty', 'images.1: is missing'];
  for (const none of places.map((place) => `task.${place}`))
    expect(codeOf('ERROR_INVALID_TASK_DATA', none)).toEqual(empty);
  expect(codeOf('ERROR_INVALID_TASK_DATA', 'task.body: is not a string')).not.toContain(empty[0]);
  expect(codeOf('ERROR_INVALID_IMAGE', 'task.body: a side is shorter than 8 pixels')).toEqual(empty);
});

test('a limit has another name while an answer is asked for, where a dialect has one', () => {
  const fault = new Fault('ERROR_RATE_LIMIT');
  expect(refused(capmonster, fault, '/getTaskResult')).toMatchObject({
    errorCode: 'ERROR_TOO_MUCH_REQUESTS',
  });
  const asked = { path: '/res.php', url: '/res.php?json=1' };
  expect(JSON.parse(twocaptchaV1.refusal(fault, 'en', asked).body).request).toBe('ERROR: 1005');
});

test.each([
  [anticaptcha, '"errorId":11,"errorCode":"ERROR_IP_NOT_ALLOWED"'],
  [capmonster, '"errorId":1,"errorCode":"ERROR_IP_NOT_ALLOWED"'],
  [twocaptcha, '"errorId":11,"errorCode":"ERROR_IP_NOT_ALLOWED"'],
  [twocaptchaV1, 'ERROR_IP_NOT_ALLOWED'],
])('a good key that is used from elsewhere is not called unknown: %#', async (dialect, said) => {
  const denied = await refusalElsewhere();
  expect(dialect.refusal(denied, 'en', { path: '', url: '' }).body).toContain(said);
});

/** As the server itself refuses it, so that the words by which dialects know it are those that it says. */
async function refusalElsewhere(): Promise<Fault> {
  await using world = await openWorld();
  const clientKey = await world.addKey({ addresses: ['10.0.0.0/8'] });
  const { body } = await world.call('getBalance', { clientKey });
  const detail = /clientKey: .*/.exec(body.errorDescription)![0];
  return new Fault('ERROR_KEY_DENIED_ACCESS', { detail });
}
