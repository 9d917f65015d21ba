import { z } from 'zod';
import { mostTasks } from '../../flow/createTasks.ts';
import { report } from '../../flow/feedbackTask.ts';
import type { AnswerName } from './answers.ts';
import type { HeaderName, ParameterName } from './headers.ts';

/** What documentation says about a call; its checks stand where the call is answered. */
export interface CallDocument {
  summary: string;
  description?: string;
  deprecated?: boolean;
  /** Fields beside `clientKey`. */
  fields: Record<string, z.ZodType>;
  /** What could stand in them. */
  example?: Record<string, unknown>;
  answers: AnswerName[];
  /** Headers that this call reads, and those that its success may have, beside those of every call. */
  reads?: ParameterName[];
  tells?: HeaderName[];
  /** What its success looks like as lines of JSON, where it can be asked for so. */
  lines?: AnswerName[];
  /** What else a refusal can look like, by its status. */
  failures?: Partial<Record<400 | 401, AnswerName>>;
}

const task = z.unknown().meta({ $ref: '#/components/schemas/Task' });
const callbackUrl = z.string().nullish().describe('where the result is sent besides; in the public internet');
const taskId = z.string().meta({ format: 'uuid' });
const appId = z.unknown().optional().describe('accepted and ignored');

const someTask = { type: 'ImageToTextTask', body: 'iVBORw0KGgo…' };
const someId = '0199c0de-3b1f-7000-8000-000000000000';

const getBalance: CallDocument = {
  summary: 'What the account can spend, and its packages.',
  fields: { appId },
  answers: ['Balance'],
};
const obsolete: CallDocument = {
  summary: 'Not served: answers ERROR_TASK_NOT_SUPPORTED.',
  deprecated: true,
  fields: { task: z.unknown().optional() },
  answers: [],
};

/** The calls of the default dialect by their paths. */
export const calls: Record<string, CallDocument> = {
  '/createTask': {
    summary: 'Gives a task.',
    description:
      'What an image shows is in the answer. A proof of work takes longer: the answer then says `idle`, and ' +
      'getTaskResult or the callback tells the rest.',
    fields: { task, callbackUrl, appId },
    example: { task: someTask },
    reads: ['IdempotencyKey'],
    answers: ['Ready', 'Idle'],
    tells: ['X-Legible-Cost'],
  },
  '/createTasks': {
    summary: `Gives up to ${mostTasks} tasks.`,
    description:
      'Not of the contract. With `Accept: application/x-ndjson` the results are sent as lines of JSON, each as ' +
      'soon as those before it are there.',
    fields: { tasks: z.array(task).min(1).max(mostTasks), callbackUrl, appId },
    example: { tasks: [someTask, someTask] },
    reads: ['IdempotencyKey'],
    answers: ['Created'],
    lines: ['Ready', 'Idle', 'Refused', 'Denied'],
    tells: ['X-Legible-Cost', 'Retry-After'],
  },
  '/getTaskResult': {
    summary: 'Where a task stands, as long as its result is kept.',
    fields: { taskId, appId },
    example: { taskId: someId },
    reads: ['Prefer'],
    answers: ['Ready', 'Processing'],
    tells: ['X-Legible-Cost', 'Preference-Applied'],
    failures: { 400: 'Failed', 401: 'FailedByKey' },
  },
  '/getBalance': getBalance,
  '/getState': { ...getBalance, summary: 'Another name of getBalance.' },
  '/feedbackTask': {
    summary: 'Tells whether an answer was right; the last report stands.',
    fields: { taskId, result: report, appId },
    example: { taskId: someId, result: { invalid: true } },
    answers: ['Okay'],
  },
  '/getToken': {
    ...obsolete,
    summary: 'Not served, but for reports.',
    description: 'A report as of feedbackTask is taken here too: one client posts it to this path.',
    fields: { ...obsolete.fields, taskId: taskId.optional(), result: report.optional() },
    answers: ['Okay'],
  },
  '/kasada/invoke': obsolete,
  '/akamaibmp/invoke': obsolete,
};
