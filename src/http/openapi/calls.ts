import { z } from 'zod';
import { report } from '../../flow/feedbackTask.ts';
import type { AnswerName } from './answers.ts';

/** What documentation says about a call; its checks stand where the call is answered. */
export interface CallDocument {
  summary: string;
  description?: string;
  deprecated?: boolean;
  /** Fields beside `clientKey`. */
  fields: Record<string, z.ZodType>;
  answers: AnswerName[];
  /** What else a refusal with status 400 can look like. */
  failures?: AnswerName[];
}

const task = z.unknown().meta({ $ref: '#/components/schemas/Task' });
const callbackUrl = z.string().nullish().describe('where the result is sent besides; in the public internet');
const taskId = z.string().meta({ format: 'uuid' });
const appId = z.unknown().optional().describe('accepted and ignored');

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
    fields: {
      task,
      callbackUrl,
      appId,
    },
    answers: ['Ready', 'Idle'],
  },
  '/createTasks': {
    summary: 'Gives up to 100 tasks.',
    description:
      'Not of the contract. With `Accept: application/x-ndjson` the results are sent as lines of JSON, each as ' +
      'soon as those before it are there.',
    fields: { tasks: z.array(task).min(1).max(100), callbackUrl, appId },
    answers: ['Created'],
  },
  '/getTaskResult': {
    summary: 'Where a task stands, for five minutes from its creation and 120 polls.',
    fields: { taskId, appId },
    answers: ['Ready', 'Processing'],
    failures: ['Failed'],
  },
  '/getBalance': getBalance,
  '/getState': { ...getBalance, summary: 'Another name of getBalance.' },
  '/feedbackTask': {
    summary: 'Tells whether an answer was right; the last report stands.',
    fields: { taskId, result: report, appId },
    answers: ['Okay'],
  },
  '/getToken': {
    ...obsolete,
    description: 'A report as of feedbackTask is taken here too: one client posts it to this path.',
    answers: ['Okay'],
  },
  '/kasada/invoke': obsolete,
  '/akamaibmp/invoke': obsolete,
};
