import type { Fault } from '../../fault.ts';
import { lowerCase } from '../../lowerCase.ts';
import { withoutUnset } from '../../tasks/unset.ts';
import { antigate, isImageToText } from './antigate.ts';
import type { Body, Said } from './dialect.ts';
import { type FieldNames, inOwnNames } from './fieldNames.ts';
import {
  type Foreign,
  type ForeignCodes,
  fieldOf,
  foreignOf,
  ifBodyTooLarge,
  ifElsewhere,
  ifMissing,
  ifSmall,
} from './foreignCodes.ts';

const named = (code: string): Foreign => [code, 1];
const noSlot = named('ERROR_NO_SLOT_AVAILABLE');
const noImage = named('ERROR_ZERO_CAPTCHA_FILESIZE');
const tooBig = named('ERROR_TOO_BIG_CAPTCHA_FILESIZE');
const noMethod = named('ERROR_NO_SUCH_METHOD');
const noMoney = named('ERROR_ZERO_BALANCE');
/** Also for an image that is damaged, and for what has no name of its own. */
const unsolvable = named('ERROR_CAPTCHA_UNSOLVABLE');
const banned = named('ERROR_IP_BANNED');

const codes: ForeignCodes = {
  ERROR_SERVICE_UNAVALIABLE: noSlot,
  ERROR_RATE_LIMIT: noSlot,
  ERROR_INVALID_TASK_DATA: ifMissing({ task: noMethod, image: noImage, else: noMethod }),
  ERROR_BAD_REQUEST: ifBodyTooLarge({ large: tooBig, else: noMethod }),
  ERROR_TASKID_INVALID: named('ERROR_NO_SUCH_CAPCHA_ID'),
  ERROR_TASK_TIMEOUT: unsolvable,
  ERROR_SETTLEMENT_FAILED: noMoney,
  ERROR_KEY_DENIED_ACCESS: ifElsewhere({
    elsewhere: named('ERROR_IP_NOT_ALLOWED'),
    else: named('ERROR_KEY_DOES_NOT_EXIST'),
  }),
  ERROR_ZERO_BALANCE: noMoney,
  ERROR_TASK_NOT_SUPPORTED: noMethod,
  ERROR_CAPTCHA_UNSOLVABLE: unsolvable,
  ERROR_UNKNOWN_QUESTION: unsolvable,
  ERROR_PROXY_BANNED: unsolvable,
  ERROR_INVALID_IMAGE: ifSmall({ small: noImage, large: tooBig }),
  ERROR_PARSE_IMAGE_FAIL: unsolvable,
  ERROR_IP_BANNED: banned,
  ERROR_KEY_TEMP_BLOCKED: banned,
};

/** Kinds of `ComplexImageTask` that are pictures to turn, as background and disc. */
const turns = ['oocl_rotate', 'oocl_rotate_new'];

function taskOf(task: Body): Body {
  return isImageToText(task) ? withScore(task) : turned(task);
}

function withScore(task: Body): Body {
  const { recognizingThreshold: threshold, score } = withoutUnset(task) as Body;
  return threshold === undefined || score !== undefined ? task : { ...task, score: shareOf(threshold) };
}

function shareOf(threshold: unknown): unknown {
  const isNumber = ['string', 'number'].includes(typeof threshold) && !Number.isNaN(Number(threshold));
  return isNumber ? Number(threshold) / 100 : threshold;
}

/** The class of a task with several images of which some kinds are served; it stays on what it is turned into. */
const recognition = 'recognition';

/** Of the tasks with several images those that are asked for by name; the others are for third-party services. */
function turned(task: Body): Body {
  const { class: kind, imagesBase64, metadata } = task;
  const name = (metadata as Body | undefined)?.Task;
  if (lowerCase(String(task.type)) !== 'compleximagetask' || kind !== recognition) return task;
  if (typeof name !== 'string' || !turns.includes(name)) return task;
  const [imageBackground, image] = Array.isArray(imagesBase64) ? imagesBase64 : [];
  const its = { type: 'VisionEngine', module: 'rotate_1', class: kind };
  // Without its background the disc would be taken for both in one, and charged.
  const isWhole = Object.keys(withoutUnset({ imageBackground, second: image }) as Body).length === 2;
  return isWhole ? { ...its, image, imageBackground } : its;
}

const scoreNames: FieldNames = new Map([['task.score', 'task.recognizingThreshold']]);
const imageNames: FieldNames = new Map([
  ['task.image', 'task.imagesBase64.1'],
  ['task.imageBackground', 'task.imagesBase64.0'],
]);

/** When a task has ended, the names that its client used are not known any more: the contract's own are the likeliest. */
const allNames: FieldNames = new Map([...scoreNames, ...imageNames]);

function detailOf(fault: Fault, { fields }: Said): string | undefined {
  const { detail } = fault;
  if (detail === undefined) return undefined;
  const { task } = fields ?? {};
  if (task === undefined) return inOwnNames(detail, allNames);
  if (Object(task).class === recognition)
    return fault.reason === 'fieldMissing' && fieldOf(fault) === 'task.image'
      ? 'task.imagesBase64: is not a list of background and disc'
      : inOwnNames(detail, imageNames);
  if (hasOwnScore(task)) return detail;
  // A bound of the score is one of the threshold in hundredths.
  return inOwnNames(detail, scoreNames).replace(/(?<=^task\.recognizingThreshold: .*)\b1$/, '100');
}

/** Whether the client has set our option, which counts before its own contract's. */
function hasOwnScore(task: unknown): boolean {
  const { score, recognizingThreshold: threshold } = Object(task);
  return score !== undefined && (threshold === undefined || score !== shareOf(threshold));
}

/** Ours says how far a disc is turned, theirs how far it is to be turned on. */
function solutionOf(solution: string): string {
  if (!solution.startsWith('{"angle":')) return solution;
  const { angle } = JSON.parse(solution) as { angle: number };
  return JSON.stringify({ answer: [(360 - angle) % 360] });
}

const noError = ',"errorCode":null,"errorDescription":null';

/** CapMonster Cloud's API. */
export const capmonster = antigate({
  name: 'capmonster',
  reports: {
    '/reportIncorrectImageCaptcha': 'wrong',
    '/reportIncorrectTokenCaptcha': 'wrong',
    // Its own other names for the latter.
    '/reportIncorrectRecaptcha': 'wrong',
    '/reportIncorrectHcaptcha': 'wrong',
  },
  codeOf: (fault, { path }) =>
    fault.code === 'ERROR_RATE_LIMIT' && path === '/getTaskResult'
      ? named('ERROR_TOO_MUCH_REQUESTS')
      : foreignOf(codes, fault),
  detailOf,
  taskOf,
  solutionOf,
  afterReady: () => noError,
  afterProcessing: noError,
  afterRefusal: ({ path }) => (path === '/createTask' ? ',"taskId":0' : ''),
});
