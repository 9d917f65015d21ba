import type { ErrorCode, Language } from '../../errors.ts';
import { describeFault, type Fault } from '../../fault.ts';
import type { Flow } from '../../flow/flow.ts';
import type { Arrived, TaskResult } from '../../flow/stages.ts';
import { lowerCase } from '../../lowerCase.ts';
import type { DialectName } from '../../settings/dialects.ts';
import { withOurChallenge } from './altchaTask.ts';
import type { Body, Dialect, Method, Reply, Said } from './dialect.ts';
import {
  type Foreign,
  type ForeignCodes,
  ifBodyTooLarge,
  ifElsewhere,
  ifMissing,
  ifSmall,
} from './foreignCodes.ts';
import { withOurOptions } from './imageOptions.ts';

const noSlot: Foreign = ['ERROR_NO_SLOT_AVAILABLE', 2];
const noImage: Foreign = ['ERROR_ZERO_CAPTCHA_FILESIZE', 3];
const tooBig: Foreign = ['ERROR_TOO_BIG_CAPTCHA_FILESIZE', 4];
const noMoney: Foreign = ['ERROR_ZERO_BALANCE', 10];
const unsolvable: Foreign = ['ERROR_CAPTCHA_UNSOLVABLE', 12];
const blocked: Foreign = ['ERROR_IP_BLOCKED', 21];

/** What Anti-Captcha calls our refusals; who took its contract over took most of the names and numbers too. */
export const antigateCodes: ForeignCodes = {
  ERROR_SERVICE_UNAVALIABLE: noSlot,
  ERROR_RATE_LIMIT: noSlot,
  ERROR_INVALID_TASK_DATA: ifMissing({
    task: ['ERROR_TASK_ABSENT', 22],
    image: noImage,
    else: ['ERROR_INCORRECT_SESSION_DATA', 24],
  }),
  ERROR_BAD_REQUEST: ifBodyTooLarge({ large: tooBig, else: ['ERROR_NO_SUCH_METHOD', 14] }),
  ERROR_TASKID_INVALID: ['ERROR_NO_SUCH_CAPCHA_ID', 16],
  ERROR_TASK_TIMEOUT: unsolvable,
  ERROR_SETTLEMENT_FAILED: noMoney,
  ERROR_KEY_DENIED_ACCESS: ifElsewhere({
    elsewhere: ['ERROR_IP_NOT_ALLOWED', 11],
    else: ['ERROR_KEY_DOES_NOT_EXIST', 1],
  }),
  ERROR_ZERO_BALANCE: noMoney,
  ERROR_TASK_NOT_SUPPORTED: ['ERROR_TASK_NOT_SUPPORTED', 23],
  ERROR_CAPTCHA_UNSOLVABLE: unsolvable,
  ERROR_UNKNOWN_QUESTION: ['ERROR_EMPTY_COMMENT', 20],
  ERROR_PROXY_BANNED: ['ERROR_PROXY_BANNED', 28],
  ERROR_INVALID_IMAGE: ifSmall({ small: noImage, large: tooBig }),
  ERROR_PARSE_IMAGE_FAIL: ['ERROR_IMAGE_TYPE_NOT_SUPPORTED', 15],
  ERROR_IP_BANNED: blocked,
  ERROR_KEY_TEMP_BLOCKED: blocked,
};

type Ready = Extract<TaskResult, { state: 'ready' }>;

/** In what the contracts that descend from Anti-Captcha's differ. */
interface Descendant {
  name: DialectName;
  /** Paths by which an answer is reported, and whether each says that it was wrong. */
  reports: Record<string, 'right' | 'wrong'>;
  /** What is not served of it. */
  unserved?: Dialect['unserved'];
  /** What each refusal is called; a limit may have one name while tasks are made and another in polling. */
  codeOf(fault: Fault, said: Said): Foreign;
  /** What is wrong with a field, under the name that its clients know it by. */
  detailOf?(fault: Fault, said: Said): string | undefined;
  /** A task in our words, but for the options that they share. */
  taskOf?(task: Body): Body;
  /** JSON of the solution as its clients read it. */
  solutionOf?(solution: string): string;
  /** Fields after the status of getTaskResult, and after the description of a refusal: `,"taskId":0`. */
  afterReady?(result: Ready): string;
  afterProcessing?: string;
  afterRefusal?(said: Said): string;
  afterBalance?: string;
  /** What callbacks carry in place of getTaskResult's answer. */
  callback?: Dialect['callback'];
}

/**
 * A dialect of the contract that Anti-Captcha began and others took over: whole numbers for tasks, every HTTP status
 * 200, an image's text only by getTaskResult.
 */
export function antigate(its: Descendant): Dialect {
  const report =
    (said: 'right' | 'wrong'): Method =>
    async (flow, arrived) => {
      arrived.body.result = { invalid: said === 'wrong' };
      await flow.feedbackTask(arrived);
      return ok(',"status":"success"');
    };

  function result(found: TaskResult, language: Language): Reply {
    if (found.state === 'processing') return ok(`,"status":"processing"${its.afterProcessing ?? ''}`);
    if (found.state === 'failed') {
      const { fault } = found;
      return { ...refusal(fault, language, { path: '/getTaskResult', url: '' }), failures: [fault] };
    }
    const solution = its.solutionOf?.(found.solution) ?? found.solution;
    return ok(`,"status":"ready","solution":${solution}${its.afterReady?.(found) ?? ''}`);
  }

  function refusal(fault: Fault, language: Language, said: Said): Reply {
    const [code, id] = its.codeOf(fault, said);
    const detail = its.detailOf ? its.detailOf(fault, said) : fault.detail;
    const description = JSON.stringify(describeFault(fault, language, detail));
    const after = its.afterRefusal?.(said) ?? '';
    return reply(
      `{"errorId":${id},"errorCode":"${code}","errorDescription":${description}${after}}`,
      fault.code,
    );
  }

  return {
    name: its.name,
    numbered: true,
    methods: {
      '/createTask': async (flow, arrived) => ok(`,"taskId":${(await flow.createTask(arrived)).number}`),
      '/getTaskResult': async (flow, arrived) => result(await flow.getTaskResult(arrived), arrived.language),
      '/getBalance': (flow, arrived) => balance(flow, arrived, its.afterBalance ?? ''),
      ...Object.fromEntries(Object.entries(its.reports).map(([path, said]) => [path, report(said)])),
    },
    unserved: its.unserved ?? [],
    translate(fields) {
      const { task } = fields;
      if (typeof task === 'object' && task !== null && !Array.isArray(task))
        fields.task = translated(task as Body, its.taskOf);
      return fields;
    },
    callback: its.callback ?? ((found, _number, language) => result(found, language)),
    refusal,
  };
}

export function isImageToText({ type }: Body): boolean {
  return lowerCase(String(type)) === 'imagetotexttask';
}

function translated(task: Body, taskOf: Descendant['taskOf']): Body {
  if (typeof task.type !== 'string') return task;
  const ours = taskOf?.(task) ?? task;
  return isImageToText(task) ? withOurOptions(ours) : withOurChallenge(ours);
}

async function balance(flow: Flow, arrived: Arrived, after: string): Promise<Reply> {
  const { available } = await flow.getBalance(arrived);
  return ok(`,"balance":${available / 1_000_000}${after}`);
}

/** What a task cost, whence it was asked for, when it began and ended, as two of them tell it. */
export function billOf({ bill: { price, address, createdAt, endedAt } }: Ready): string {
  const [createTime, endTime] = [createdAt, endedAt].map((time) => Math.floor(time / 1000));
  const cost = (price / 1_000_000).toFixed(6);
  return `,${JSON.stringify({ cost, ip: address, createTime, endTime }).slice(1, -1)}`;
}

function ok(rest: string): Reply {
  return reply(`{"errorId":0${rest}}`, '');
}

function reply(body: string, errorCode: ErrorCode | ''): Reply {
  return { status: 200, body, errorCode };
}
