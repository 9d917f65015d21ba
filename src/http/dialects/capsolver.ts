import { errorTable, type Language } from '../../errors.ts';
import { describeFault, type Fault } from '../../fault.ts';
import type { Flow } from '../../flow/flow.ts';
import type { Arrived, Created, TaskResult } from '../../flow/stages.ts';
import type { Package } from '../../store/records.ts';
import type { Dialect, Reply } from './dialect.ts';

const success = '{"errorId":0,"errorCode":"","errorDescription":""';

/**
 * The default dialect. Every key here is one that its documentation names, and no other: a client builds a
 * strict structure from the whole body. Its JSON is written by hand, since these are the answers that must be quick
 * and a solution is JSON already.
 */
export const capsolver: Dialect = {
  name: 'capsolver',
  numbered: false,
  methods: {
    '/createTask': async (flow, arrived) => createdReply(await flow.createTask(arrived)),
    '/getTaskResult': async (flow, arrived) =>
      resultReply(await flow.getTaskResult(arrived), arrived.language),
    '/getBalance': balance,
    // Its documentation is a copy of getBalance's.
    '/getState': balance,
    '/feedbackTask': feedback,
    // A client posts its feedback here by mistake.
    '/getToken': (flow, arrived) => (isFeedback(arrived) ? feedback(flow, arrived) : flow.refuse(arrived)),
    '/kasada/invoke': (flow, arrived) => flow.refuse(arrived),
    '/akamaibmp/invoke': (flow, arrived) => flow.refuse(arrived),
  },
  callback: (result, _number, language) => resultReply(result, language),
  refusal: (fault, language) => refused(fault, language, ''),
};

/** A success that the contract does not know; `fields` is JSON without its braces. */
export function listing(fields: string): Reply {
  return ok(fields);
}

/** What createTask answers. */
export function createdReply({ taskId, solution }: Created): Reply {
  // "idle" and not nothing: two clients read `status` of every answer, and break without it.
  return ok(solution === null ? `"status":"idle","taskId":"${taskId}"` : ready(taskId, solution));
}

function resultReply(result: TaskResult, language: Language): Reply {
  if (result.state === 'ready') return ok(ready(result.taskId, result.solution));
  // Never "idle" here: a client that polls takes anything but "processing" for the end.
  if (result.state === 'processing') return ok(`"status":"processing","taskId":"${result.taskId}"`);
  const { fault, taskId } = result;
  return { ...refused(fault, language, `,"status":"failed","taskId":"${taskId}"`), failures: [fault] };
}

async function balance(flow: Flow, arrived: Arrived): Promise<Reply> {
  const { available, packages } = await flow.getBalance(arrived);
  const list = JSON.stringify(packages.map(documented));
  return ok(`"balance":${available / 1_000_000},"packages":${list}`);
}

async function feedback(flow: Flow, arrived: Arrived): Promise<Reply> {
  await flow.feedbackTask(arrived);
  return ok('"message":"okay"');
}

function isFeedback({ body }: Arrived): boolean {
  return typeof body.taskId === 'string' && typeof body.result === 'object' && body.result !== null;
}

/** The documented form of a package; `token` can only be a hint, since keys are not kept. */
function documented(pack: Package): Record<string, string | number> {
  return {
    packageId: pack.id,
    type: pack.type,
    title: pack.title,
    numberOfCalls: pack.callsLeft,
    status: pack.callsLeft === 0 ? 0 : 1,
    token: pack.keyHint,
    expireTime: pack.expiresAt === null ? 0 : Math.floor(pack.expiresAt / 1000),
  };
}

function ready(taskId: string, solution: string): string {
  return `"status":"ready","solution":${solution},"taskId":"${taskId}"`;
}

function ok(rest: string): Reply {
  return { status: 200, body: `${success},${rest}}`, errorCode: '' };
}

function refused(fault: Fault, language: Language, rest: string): Reply {
  const description = JSON.stringify(describeFault(fault, language));
  return {
    status: errorTable[fault.code].status,
    body: `{"errorId":1,"errorCode":"${fault.code}","errorDescription":${description}${rest}}`,
    errorCode: fault.code,
  };
}
