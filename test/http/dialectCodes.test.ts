import { expect, test } from 'vitest';
import { type ErrorCode, errorCodes } from '../../src/errors.ts';
import { Fault, type FaultReason } from '../../src/fault.ts';
import { anticaptcha } from '../../src/http/dialects/anticaptcha.ts';
import { capmonster } from '../../src/http/dialects/capmonster.ts';
import type { Dialect } from '../../src/http/dialects/dialect.ts';
import { twocaptcha } from '../../src/http/dialects/twocaptcha.ts';
import { twocaptchaV1 } from '../../src/http/dialects/twocaptchaV1.ts';
import { openWorld, picture } from '../world.ts';

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
  const codeOf = (code: ErrorCode, detail: string, reason?: FaultReason) =>
    json.map((dialect) => refused(dialect, new Fault(code, { detail, reason })).errorCode);
  const absent = ['ERROR_TASK_ABSENT', 'ERROR_NO_SUCH_METHOD', 'ERROR_TASK_ABSENT'];
  expect(codeOf('ERROR_INVALID_TASK_DATA', 'task: is missing')).toEqual(absent);
  const empty = Array(3).fill('ERROR_ZERO_CAPTCHA_FILESIZE');
  const places = ['body: is missing', 'image: is missing', 'images: is empty', 'images.1: is missing'];
  for (const none of places.map((place) => `task.${place}`))
    expect(codeOf('ERROR_INVALID_TASK_DATA', none, 'fieldMissing')).toEqual(empty);
  expect(codeOf('ERROR_INVALID_TASK_DATA', 'task.body: is not a string')).not.toContain(empty[0]);
  const tooSmall = 'task.body: a side is shorter than 8 pixels';
  expect(codeOf('ERROR_INVALID_IMAGE', tooSmall, 'imageTooSmall')).toEqual(empty);
});

test('the reason decides the code, however the detail is worded', () => {
  const codeOf = (code: ErrorCode, reason: FaultReason, detail = 'task.body: in other words') => {
    const fault = new Fault(code, { detail, reason });
    const { body } = twocaptchaV1.refusal(fault, 'en', { path: '/in.php', url: '/in.php' });
    return [...json.map((dialect) => refused(dialect, fault).errorCode), body];
  };
  const noImage = Array(4).fill('ERROR_ZERO_CAPTCHA_FILESIZE');
  expect(codeOf('ERROR_INVALID_TASK_DATA', 'fieldMissing')).toEqual(noImage);
  expect(codeOf('ERROR_INVALID_IMAGE', 'imageTooSmall')).toEqual(noImage);
  const tooBig = Array(4).fill('ERROR_TOO_BIG_CAPTCHA_FILESIZE');
  expect(codeOf('ERROR_BAD_REQUEST', 'bodyTooLarge')).toEqual(tooBig);
  const elsewhere = Array(4).fill('ERROR_IP_NOT_ALLOWED');
  expect(codeOf('ERROR_KEY_DENIED_ACCESS', 'keyElsewhere')).toEqual(elsewhere);
  expect(codeOf('ERROR_KEY_DENIED_ACCESS', 'keyMissing').at(-1)).toBe('ERROR_WRONG_USER_KEY');
});

test('CapMonster: its names of fields and its bounds do not depend on our words', () => {
  const said = (detail: string, task: object, reason?: FaultReason) => {
    const fields = { task: { class: 'recognition', ...task } };
    const fault = new Fault('ERROR_INVALID_TASK_DATA', { detail, reason });
    return JSON.parse(capmonster.refusal(fault, 'en', { ...createTask, fields }).body).errorDescription;
  };
  expect(said('task.image: in other words', {}, 'fieldMissing')).toMatch(/: task\.imagesBase64: /);
  const threshold = { class: undefined, recognizingThreshold: 101 };
  expect(said('task.score: exceeds 1', threshold)).toMatch(/: task\.recognizingThreshold: exceeds 100$/);
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
  ['/in.php?json=1', '{'],
  ['/in.php?key=a&json=1&body=b', '{'],
  ['/in.php?json=10', 'ERROR'],
  ['/in.php?notjson=1', 'ERROR'],
])('a body that could not be read is refused as its address asks: %s', (url, begin) => {
  const fault = new Fault('ERROR_BAD_REQUEST');
  expect(twocaptchaV1.refusal(fault, 'en', { path: '/in.php', url }).body.startsWith(begin)).toBe(true);
});

test.each([
  ['anticaptcha', 11],
  ['capmonster', 1],
  ['2captcha', 11],
])('%s: what has a code of its own is told so by the server itself', async (dialect, elsewhere) => {
  await using world = await openWorld();
  const key = await world.addKey({ dialect });
  const codeOf = async (fields: object) =>
    (await world.call('createTask', { clientKey: key, ...fields })).body.errorCode;
  const type = 'ImageToTextTask';
  const puzzle = { type: 'VisionEngine', module: 'slider_1' };
  const none = [{ type }, { type, module: 'number', images: [] }, puzzle, { ...puzzle, image: 'a' }];
  for (const task of [...none, { type, body: await picture(4, 4) }])
    expect(await codeOf({ task })).toBe('ERROR_ZERO_CAPTCHA_FILESIZE');

  const clientKey = await world.addKey({ dialect, addresses: ['10.0.0.0/8'] });
  const { body } = await world.call('getBalance', { clientKey });
  expect(body).toMatchObject({ errorId: elsewhere, errorCode: 'ERROR_IP_NOT_ALLOWED' });
});
