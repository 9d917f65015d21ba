import { z } from 'zod';
import { type ErrorCode, errorCodes, errorTable } from '../../errors.ts';

const success = {
  errorId: z.literal(0),
  errorCode: z.literal(''),
  errorDescription: z.literal(''),
};

const taskId = z.string().meta({ format: 'uuid' });
const solution = z.unknown().meta({ $ref: '#/components/schemas/Solution' });

const anyCreated = {
  anyOf: ['Ready', 'Idle', 'Refused', 'Denied'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
};

const pack = z.object({
  packageId: z.string(),
  type: z.int(),
  title: z.string(),
  numberOfCalls: z.int(),
  status: z.literal([0, 1]).describe('1 while it has calls left, and then 0'),
  token: z.string().describe('a hint of its key'),
  expireTime: z.int().describe('seconds since 1970, or 0'),
});

/** Codes that are answered with a status, and no others. */
export function codesWith(status: number): ErrorCode[] {
  return errorCodes.filter((code) => errorTable[code].status === status);
}

const refusal = (status: number) => ({
  errorId: z.literal(1),
  errorCode: z.enum(codesWith(status)),
  errorDescription: z.string().describe('for people; programs look at errorCode'),
});

/** What the default dialect answers, by its name in the document; the tests hold every answer to it. */
export const answers = {
  Ready: z.object({ ...success, status: z.literal('ready'), solution, taskId }),
  Idle: z
    .object({ ...success, status: z.literal('idle'), taskId })
    .describe('A task that takes longer: ask getTaskResult.'),
  Processing: z.object({ ...success, status: z.literal('processing'), taskId }),
  Created: z
    .object({ ...success, results: z.array(z.unknown().meta(anyCreated)) })
    .describe('What createTask would have answered to each, in their order.'),
  Balance: z.object({
    ...success,
    balance: z.number().describe('USD, without what is held for tasks under way'),
    packages: z.array(pack),
  }),
  Okay: z.object({ ...success, message: z.literal('okay') }),
  Questions: z.object({
    ...success,
    questions: z.array(z.object({ id: z.string(), names: z.array(z.string()) })),
    groups: z.array(z.object({ name: z.string(), ids: z.array(z.string()) })),
  }),
  Failed: z
    .object({ ...refusal(400), status: z.literal('failed'), taskId })
    .describe('The task has ended without an answer, and costs nothing.'),
  FailedByKey: z
    .object({ ...refusal(401), status: z.literal('failed'), taskId })
    .describe('The same in the sandbox, where it was told to fail so.'),
  Refused: z.object(refusal(400)),
  Denied: z.object(refusal(401)),
};

export type AnswerName = keyof typeof answers;
