import { z } from 'zod';
import { errorCodes, errorTable } from '../../src/errors.ts';

const success = { errorId: z.literal(0), errorCode: z.literal(''), errorDescription: z.literal('') };
const taskId = z.uuid();
const solution = z.record(z.string(), z.unknown());
const refusal = { errorId: z.literal(1), errorCode: z.enum(errorCodes), errorDescription: z.string().min(1) };
const packages = z.array(
  z.strictObject({
    packageId: z.string(),
    type: z.int(),
    title: z.string(),
    numberOfCalls: z.int(),
    status: z.int(),
    token: z.string(),
    expireTime: z.int(),
  }),
);

/** Every body that the contract knows. */
const body = z.union([
  z.strictObject(refusal),
  z.strictObject({ ...refusal, status: z.literal('failed'), taskId }),
  z.strictObject({ ...success, status: z.literal('ready'), solution, taskId }),
  z.strictObject({ ...success, status: z.enum(['idle', 'processing']), taskId }),
  z.strictObject({ ...success, balance: z.number(), packages }),
  z.strictObject({ ...success, message: z.literal('okay') }),
]);

export interface Answer {
  status: number;
  /** The error code, or `ready`, `okay` … for success. */
  outcome: string;
  /** What is wrong with it, when something is. */
  problem: string | undefined;
}

/** Splits what came over a socket into answers, and holds each against the contract. */
export function readAnswers(bytes: Buffer, isHead: boolean): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes.toString('latin1');
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) {
      answers.push({ status: 0, outcome: '', problem: `not HTTP: ${rest.slice(0, 80)}` });
      break;
    }
    const head = rest.slice(0, end);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    const hasBody = !isHead || rest.length > end + 4;
    const length = hasBody ? Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? Number.NaN) : 0;
    const text = Buffer.from(rest.slice(end + 4, end + 4 + (length || 0)), 'latin1').toString();
    rest = rest.slice(end + 4 + (length || 0));
    // "100 Continue" is not an answer yet.
    if (status !== 100) answers.push(judge(status, head, text, !hasBody));
  }
  return answers;
}

function judge(status: number, head: string, text: string, isHead: boolean): Answer {
  const wrong = (problem: string): Answer => ({
    status,
    outcome: '',
    problem: `${problem}: ${head} ${text}`.slice(0, 500),
  });
  if (![200, 400, 401].includes(status)) return wrong('status');
  if (!/^content-type: application\/json/im.test(head)) return wrong('content type');
  if (isHead) return { status, outcome: 'HEAD', problem: undefined };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong('not JSON');
  }
  const parsed = body.safeParse(value);
  if (!parsed.success) return wrong('not the contract');
  const { data } = parsed;
  if (data.errorId === 1) {
    if (errorTable[data.errorCode].status !== status) return wrong('status of this code');
    return { status, outcome: data.errorCode, problem: undefined };
  }
  if (status !== 200) return wrong('status of success');
  return { status, outcome: 'status' in data ? data.status : 'okay', problem: undefined };
}
